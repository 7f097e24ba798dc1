# Bootstrap: interpolation of quantiles (boot), standard errors and Bollen-Stine p value (lavaan; Monte Carlo).
# Run in this folder: Rscript bootstrap.R
source("models.R"); library(boot)
set.seed(7); t <- round(rexp(200), 6); t0 <- 0.8
alpha <- c(0.001, 0.025, 0.2, 0.5, 0.975, 0.9999)
z <- qnorm(c(0.025, 0.975)); w <- qnorm(mean(t < t0)); a <- 0.04
quantiles <- function(x) suppressWarnings(boot:::norm.inter(t, x))[, 2]
parts <- list(values = t, estimate = t0, alpha = alpha, quantiles = quantiles(alpha),
  perc = quantiles(c(0.025, 0.975)), basic = rev(2 * t0 - quantiles(c(0.025, 0.975))),
  norm = t0 - (mean(t) - t0) + z * sd(t), bca_simple = quantiles(pnorm(w + w + z)),
  bca = quantiles(pnorm(w + (w + z) / (1 - a * (w + z)))), acceleration = a)
set.seed(1); se <- lavaan::sem(MEDIATION, data_all, se = "bootstrap", bootstrap = 1000)
e <- parameterEstimates(se)
set.seed(1); small <- data_all[1:120, ]
bs <- lavaan::cfa(CFA, small, test = "bollen.stine", bootstrap = 1000)
put(list(intervals = parts, se = e[, c("lhs", "op", "rhs", "est", "se", "ci.lower", "ci.upper")],
  bollen_stine = list(p = bs@test[["bollen.stine"]]$pvalue, chisq = bs@test[[1]]$stat)), "bootstrap")
