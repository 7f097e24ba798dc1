# Every model file of this folder fitted to units.csv by lavaan: FIML, and FIML with firms as clusters: results.json
suppressMessages({library(lavaan); library(jsonlite)})
data <- read.csv("units.csv")
out <- list(lavaan = as.character(packageVersion("lavaan")), cases = list())
for (file in sort(list.files(pattern = "\\.lav$"))) {
  text <- paste(readLines(file), collapse = "\n")
  call <- function(...) suppressWarnings(sem(text, data, missing = "ml", meanstructure = TRUE,
                                             control = list(iter.max = 20000, rel.tol = 1e-10), ...))
  fit <- call(); robust <- call(estimator = "MLR", cluster = "firm")
  if (!lavInspect(fit, "converged") || !lavInspect(robust, "converged")) stop(file, " did not converge")
  measures <- fitMeasures(fit, c("npar", "chisq", "df", "logl"))
  rows <- parameterEstimates(fit)[, c("lhs", "op", "rhs", "est", "se")]
  rows$se_robust <- parameterEstimates(robust)$se
  rows$std <- standardizedSolution(fit)$est.std[seq_len(nrow(rows))]
  out$cases[[sub("\\.lav$", "", file)]] <- list(fit = as.list(measures), estimates = rows, r2 = as.list(lavInspect(fit, "rsquare")))
}
fit <- suppressWarnings(sem(paste(readLines("congruence_three.lav"), collapse = "\n"), data, missing = "ml", meanstructure = TRUE,
                            control = list(iter.max = 20000, rel.tol = 1e-10)))
test <- lavTestWald(fit, "z_on_C.m_vs_s == 0; z_on_C.i_vs_rest2 == 0")
out$wald <- list(chisq = test$stat, df = test$df, p = test$p.value)
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"), "results.json")
