# Pooled estimates (scale.W = FALSE: each its own increase in variance) and tests of five imputed data sets: semTools 0.5-6 (runMI), and Rubin's rules written out.
# Run in this folder: Rscript pooling.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
long <- read.csv("imputed.csv")
sets <- split(long[, paste0("x", 1:6)], long$imputation)
m <- length(sets)
model <- "f =~ x1 + a*x2 + b*x3\ng =~ x4 + x5 + x6"
fit <- cfa.mi(model, data = sets)
table <- as.data.frame(summary(fit, fmi = TRUE, ci = TRUE, scale.W = FALSE))
table <- table[table$op %in% c("=~", "~~"), c("lhs", "op", "rhs", "est", "se", "t", "df", "pvalue", "fmi", "riv")]
test <- function(...) as.list(lavTestLRT.mi(fit, ...))
robust <- cfa.mi(model, data = sets, estimator = "MLR")
scaled <- sapply(sets, function(d) fitMeasures(cfa(model, d, estimator = "MLR"), "chisq.scaled"))
ordinal <- lapply(sets, function(d) { f <- cfa(model, d, ordered = paste0("x", 1:6)); list(chisq = fitMeasures(f, "chisq.scaled")[[1]], est = coef(f), se = sqrt(diag(vcov(f)))) })
# Rubin (1987), Barnard & Rubin (1999), by hand, for all free parameters of the ordinal model
Q <- sapply(ordinal, `[[`, "est"); U <- sapply(ordinal, `[[`, "se")^2
nu <- 240 - nrow(Q)
W <- rowMeans(U); B <- apply(Q, 1, var); T <- W + (1 + 1 / m) * B; lambda <- (1 + 1 / m) * B / T; r <- (1 + 1 / m) * B / W
old <- (m - 1) / lambda^2; observed <- (nu + 1) / (nu + 3) * nu * (1 - lambda); df <- old * observed / (old + observed)
hand <- data.frame(name = names(W), est = rowMeans(Q), se = sqrt(T), df = df, riv = r, fmi = (r + 2 / (df + 3)) / (1 + r))
# Li, Raghunathan & Rubin (1991) by hand for a = b = .9: semTools takes the increase in variance over all parameters
# into the statistic and that over the tested ones into the degrees of freedom
each <- lapply(sets, function(d) { f <- cfa(model, d); list(q = coef(f)[c("a", "b")], u = vcov(f)[c("a", "b"), c("a", "b")]) })
q <- t(sapply(each, `[[`, "q")); W2 <- Reduce(`+`, lapply(each, `[[`, "u")) / m
r1 <- (1 + 1 / m) * sum(diag(cov(q) %*% solve(W2))) / 2
D1 <- drop((colMeans(q) - .9) %*% solve(W2) %*% (colMeans(q) - .9)) / (2 * (1 + r1))
one <- "f =~ x1 + x2 + x3 + x4 + x5 + x6"
wanted <- c("chisq", "df", "baseline.chisq", "cfi", "tli", "rmsea")
indices <- function(estimator, tail) { f <- cfa.mi(one, data = sets, estimator = estimator)
  x <- fitMeasures(f, test = "D2", pool.robust = TRUE); setNames(as.list(x[paste0(wanted, tail)]), wanted) }
out <- list(indices = list(ML = indices("ML", ""), MLR = indices("MLR", ".scaled")), D1_by_hand = list(F = D1, ariv = r1), estimates = table, D3 = test(test = "D3"), D2 = test(test = "D2"),
  D1 = as.list(lavTestWald.mi(fit, constraints = "a == 0.9\nb == 0.9", test = "D1")),
  scaled = unname(scaled), D2_scaled = as.list(lavTestLRT.mi(robust, test = "D2", pool.robust = TRUE)),
  ordinal = hand, ordinal_chisq = unname(sapply(ordinal, `[[`, "chisq")))
write_json(out, "pooling.json", digits = 10, auto_unbox = TRUE)
