# Writes reference.json: alpha (psych), one-factor ML solution (lavaan), CR and AVE (semTools), skew and kurtosis.
suppressMessages({library(psych); library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("items.csv", na.strings = "NA")
items <- paste0("x", 1:6)
alp <- function(x) {
  a <- suppressWarnings(psych::alpha(x, warnings = FALSE))
  ci <- alpha.ci(a$total$raw_alpha, n.obs = nrow(x), n.var = ncol(x))
  list(raw_alpha = a$total$raw_alpha, std_alpha = a$total$std.alpha, average_r = a$total$average_r,
       lower = ci$lower.ci, upper = ci$upper.ci, n = nrow(x),
       alpha_drop = a$alpha.drop$raw_alpha, r_drop = a$item.stats$r.drop, mean = a$item.stats$mean, sd = a$item.stats$sd)
}
x <- d[, items]
out <- list(psych = as.character(packageVersion("psych")), lavaan = as.character(packageVersion("lavaan")),
  semTools = as.character(packageVersion("semTools")))
out$pairwise <- alp(x)
out$listwise <- alp(na.omit(x))
out$by_role <- lapply(split(x, d$role), alp)
out$skewness <- sapply(x, psych::skew, type = 2)
out$kurtosis <- sapply(x, psych::kurtosi, type = 2)
complete <- na.omit(x)
fit <- cfa(paste("f =~", paste(items, collapse = " + ")), data = complete, std.lv = TRUE)
pe <- parameterEstimates(fit)
out$one_factor <- list(n = nrow(complete), loadings = pe$est[pe$op == "=~"],
  residual_variances = pe$est[pe$op == "~~" & pe$lhs != "f"],
  std_loadings = standardizedSolution(fit)$est.std[1:6], chisq = unname(fitMeasures(fit)["chisq"]),
  omega_implied = unname(compRelSEM(fit, obs.var = FALSE)), omega_observed = unname(compRelSEM(fit)),
  ave = unname(AVE(fit)), total_variance = sum(cov(complete)) * (nrow(complete) - 1) / nrow(complete))
write_json(out, "reference.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
