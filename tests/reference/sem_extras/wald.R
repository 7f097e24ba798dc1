# Wald tests. Run in this folder: Rscript wald.R
source("models.R")
wald <- function(fit, text) { w <- lavTestWald(fit, text); list(stat = w$stat, df = w$df, p.value = w$p.value) }
fit <- sem(MEDIATION, data_all)
put(list(one = wald(fit, "a == b"), two = wald(fit, "a == b\nc == 0"), product = wald(fit, "a*b == 0.2"),
  robust = wald(sem(MEDIATION, data_all, estimator = "MLR"), "a == b\nc == 0")), "wald")
