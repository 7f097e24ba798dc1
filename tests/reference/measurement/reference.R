# Writes reference.json: item statistics, factors, rotations, reliability (psych, GPArotation, lavaan, semTools).
# Formulas without an R function in these packages (Little's test, MAP with fourth powers, empirical Kaiser) are
# written out here.
suppressMessages({library(psych); library(GPArotation); library(lavaan); library(semTools); library(jsonlite)})
set.seed(20261122) # lavaan starts rotations at random
d <- read.csv("answers.csv", na.strings = "NA")
y <- d[, paste0("y", 1:12)]
cc <- na.omit(y)
R <- cor(cc)
n <- nrow(cc); p <- ncol(cc)
num <- function(m) unname(unclass(as.matrix(m)))
out <- list(psych = as.character(packageVersion("psych")), GPArotation = as.character(packageVersion("GPArotation")),
  lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools")), n = n)

# adequacy and number of factors
k <- KMO(R)
out$kmo <- list(MSA = k$MSA, MSAi = unname(k$MSAi))
out$bartlett <- cortest.bartlett(R, n = n)
out$map <- vss(cc, n = 8, rotate = "varimax", fm = "minres", plot = FALSE)$map
map4 <- function(R, power) {
  e <- eigen(R); a <- e$vectors %*% diag(sqrt(pmax(e$values, 0)))
  sapply(0:(ncol(R) - 1), function(m) {
    C <- if (m == 0) R else R - a[, 1:m, drop = FALSE] %*% t(a[, 1:m, drop = FALSE])
    Q <- cov2cor(C); (sum(abs(Q)^power) - ncol(R)) / (ncol(R) * (ncol(R) - 1)) })
}
out$map_squared <- map4(R, 2); out$map_fourth <- map4(R, 4)
ev <- eigen(R)$values
out$eigenvalues <- ev
out$ekc <- sapply(1:p, function(j) max((p - sum(ev[seq_len(j - 1)])) / (p - j + 1) * (1 + sqrt(p / n))^2, 1))
f1 <- fa(R, 1, n.obs = n, fm = "minres", rotate = "none")
out$fa_values <- f1$values

# extraction: unique variances and fit
ext <- function(fm, ...) { f <- fa(R, 3, n.obs = n, fm = fm, rotate = "none", ...)
  list(uniquenesses = unname(f$uniquenesses), objective = f$objective, statistic = f$STATISTIC, pvalue = f$PVAL, dof = f$dof,
    rms = f$rms, crms = f$crms, loadings = num(f$loadings)) }
out$extraction <- list(minres = ext("minres"), ml = ext("ml"), pa = ext("pa", max.iter = 1000, min.err = 1e-10))
fac <- factanal(covmat = R, n.obs = n, factors = 3, rotation = "none", control = list(opt = list(factr = 1e2, pgtol = 0)))
out$factanal <- list(uniquenesses = unname(fac$uniquenesses), statistic = unname(fac$STATISTIC), loadings = num(fac$loadings))

# rotations of one set of loadings, run to the optimum
A <- num(fac$loadings)
out$unrotated <- A
orth <- function(r) list(loadings = num(r$loadings), value = min(r$Table[, 2]))
obl <- function(r) c(orth(r), list(phi = num(r$Phi)))
h <- sqrt(rowSums(A^2))
vm <- varimax(A, normalize = TRUE, eps = 1e-15)
out$rotation <- list(
  varimax = list(loadings = num(vm$loadings)),
  quartimax = orth(quartimax(A, eps = 1e-8, maxit = 10000)),
  equamax = orth(cfT(A, kappa = 3 / (2 * p), eps = 1e-8, maxit = 10000)),
  geomin_orthogonal = orth(geominT(A, delta = 0.01, eps = 1e-8, maxit = 10000)),
  oblimin = obl(oblimin(A, eps = 1e-8, maxit = 10000)),
  oblimin_minus_half = obl(oblimin(A, gam = -0.5, eps = 1e-8, maxit = 10000)),
  geomin = obl(geominQ(A, delta = 0.01, eps = 1e-8, maxit = 10000)))
target <- matrix(0, p, 3); target[1:4, 1] <- NA; target[5:8, 2] <- NA; target[9:12, 3] <- NA
W <- ifelse(is.na(target), 0, 1); T0 <- ifelse(is.na(target), 0, target)
out$rotation$target <- obl(pstQ(A, W = W, Target = T0, eps = 1e-8, maxit = 10000))
pm <- promax(vm$loadings, m = 4)
out$rotation$promax_raw <- list(loadings = num(pm$loadings))

# exploratory structural equation models: delta-method errors
items <- paste0("y", 1:12)
model <- paste0('efa("b")*f1 + efa("b")*f2 + efa("b")*f3 =~ ', paste(items, collapse = " + "))
esem <- function(rotation, args = list(), ...) {
  f <- cfa(model, data = cc, rotation = rotation, rotation.args = c(list(rstarts = 30, row.weights = "none", algorithm = "gpa",
    std.ov = TRUE), args), ...)
  s <- standardizedSolution(f); l <- s[s$op == "=~", ]; v <- s[s$op == "~~" & s$lhs != s$rhs, ]
  list(chisq = unname(fitMeasures(f, "chisq")), cfi = unname(fitMeasures(f, "cfi")), item = l$rhs, factor = l$lhs,
    loading = l$est.std, se = l$se, one = v$lhs, other = v$rhs, correlation = v$est.std, correlation_se = v$se)
}
out$esem <- list(oblimin = esem("oblimin"), geomin = esem("geomin", list(geomin.epsilon = 0.01)))

# reliability
six <- items[1:6]
S <- cov(cc)
out$glb <- list(first4 = glb.algebraic(S[1:4, 1:4])$glb, six = glb.algebraic(S[1:6, 1:6])$glb, all = glb.algebraic(S)$glb)
sp <- splitHalf(cov(cc[, six]), covar = TRUE)
out$split <- list(maximum = sp$maxrb, minimum = sp$minrb, mean = sp$meanr, lambda2 = sp$lambda2, lambda6 = sp$lambda6, alpha = sp$alpha)
om <- suppressMessages(omega(cc, nfactors = 3, fm = "minres", plot = FALSE, flip = FALSE))
out$omega <- list(omega_h = om$omega_h, omega_t = om$omega.tot, limit = om$omega.lim, general = unname(om$schmid$sl[, 1]), ecv = om$ECV)
one <- cfa(paste("f =~", paste(items[1:4], collapse = " + ")), data = cc, std.lv = TRUE)
out$one_factor <- list(omega_implied = unname(compRelSEM(one, obs.var = FALSE)), omega_observed = unname(compRelSEM(one)),
  maximal = unname(maximalRelia(one)))
three <- paste("f1 =~ y1+y2+y3+y4\nf2 =~ y5+y6+y7+y8\nf3 =~ y9+y10+y11+y12")
f3 <- cfa(three, data = cc, std.lv = TRUE)
second <- cfa(paste0(three, "\ng =~ f1 + f2 + f3"), data = cc)
l2 <- suppressWarnings(reliabilityL2(second, "g"))
out$factors <- list(implied = num(compRelSEM(f3, obs.var = FALSE, return.total = TRUE)), observed = num(compRelSEM(f3, return.total = TRUE)))
out$second_order <- list(implied = unname(compRelSEM(second, obs.var = FALSE, higher = "g")["g"]),
  observed = unname(compRelSEM(second, higher = "g")["g"]), partial = unname(l2["partialOmegaL1"]))
ord <- cfa(three, data = cc, std.lv = TRUE, ordered = TRUE, estimator = "WLSMV")
out$ordered <- list(categorical_observed = num(compRelSEM(ord, ord.scale = TRUE)), categorical_implied = num(compRelSEM(ord, ord.scale = TRUE, obs.var = FALSE)),
  latent_observed = num(compRelSEM(ord, ord.scale = FALSE)), latent_implied = num(compRelSEM(ord, ord.scale = FALSE, obs.var = FALSE)))
ord1 <- cfa("f =~ y1+y2+y3+y4", data = cc, std.lv = TRUE, ordered = TRUE, estimator = "WLSMV")
out$ordered_one <- list(categorical_observed = unname(compRelSEM(ord1, ord.scale = TRUE)), categorical_implied = unname(compRelSEM(ord1, obs.var = FALSE)),
  latent_implied = unname(compRelSEM(ord1, ord.scale = FALSE, obs.var = FALSE)), alpha = unname(compRelSEM(ord1, tau.eq = TRUE, ord.scale = FALSE)))
al <- suppressWarnings(psych::alpha(cc[, six], warnings = FALSE))
out$alpha <- list(raw_alpha = al$total$raw_alpha, drop = al$alpha.drop, item = al$item.stats)

# two levels
two <- cbind(cc, unit = d$unit[complete.cases(y)])
ml <- cfa("level: 1\nf =~ y1+y2+y3+y4\nlevel: 2\nf =~ y1+y2+y3+y4", data = two, cluster = "unit", std.lv = TRUE)
h1 <- lavInspect(ml, "h1")
rel <- compRelSEM(ml, config = "f", obs.var = FALSE)
rela <- compRelSEM(ml, config = "f", obs.var = TRUE, tau.eq = TRUE)
values <- function(...) unlist(compRelSEM(ml, ...), use.names = FALSE)
sizes <- table(two$unit)
out$levels <- list(within = num(h1$within$cov), between = num(h1$unit$cov), estimates = parameterEstimates(ml)[, c("lhs", "op", "rhs", "level", "est")],
  omega = lapply(rel, function(x) if (is.list(x)) lapply(x, as.numeric) else as.numeric(x)),
  alpha = lapply(rela, function(x) if (is.list(x)) lapply(x, as.numeric) else as.numeric(x)), harmonic = 1 / mean(1 / sizes),
  omega_mean = values(shared = "f", obs.var = FALSE), alpha_mean = values(shared = "f", tau.eq = TRUE))

# Little's test from lavaan's saturated moments
sat <- lavInspect(cfa(paste(combn(items, 2, FUN = paste, collapse = " ~~ "), collapse = "\n"), data = y, missing = "ml"), "sampstat")
x <- as.matrix(y[rowSums(!is.na(y)) > 0, ])
em <- lavaan:::lav_mvnorm_missing_h1_estimate_moments(Y = x, Mp = lavaan:::lav_data_missing_patterns(x),
  max.iter = 5000, tol = 1e-12)
mu <- em$Mu; Sg <- em$Sigma * nrow(x) / (nrow(x) - 1)
pat <- apply(!is.na(x), 1, function(r) paste(as.integer(r), collapse = ""))
d2 <- 0; df <- -p
for (q in unique(pat)) { rows <- x[pat == q, , drop = FALSE]; o <- !is.na(rows[1, ])
  g <- colMeans(rows[, o, drop = FALSE]) - mu[o]; d2 <- d2 + nrow(rows) * sum(g * solve(Sg[o, o], g)); df <- df + sum(o) }
out$mcar <- list(statistic = d2, df = df, pvalue = pchisq(d2, df, lower.tail = FALSE), patterns = length(unique(pat)), n = nrow(x))

# retest
w <- read.csv("waves.csv")
ic <- ICC(w, lmer = FALSE)$results
out$retest <- list(agreement = ic$ICC[2], lower = ic[["lower bound"]][2], upper = ic[["upper bound"]][2], consistency = ic$ICC[3],
  t = unname(t.test(w$second, w$first, paired = TRUE)$p.value))
write_json(out, "reference.json", digits = NA, auto_unbox = TRUE, pretty = FALSE, matrix = "rowmajor", dataframe = "columns", null = "null", na = "null")
