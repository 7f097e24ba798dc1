# Fits every model file of this folder to triads.csv by FIML and writes results.json (lavaan version inside).
suppressMessages({library(lavaan); library(jsonlite)})
data <- read.csv("triads.csv")
out <- list(lavaan = as.character(packageVersion("lavaan")), cases = list())
for (file in sort(list.files(pattern = "\\.lav$"))) {
  fit <- suppressWarnings(cfa(paste(readLines(file), collapse = "\n"), data, missing = "ml", meanstructure = TRUE,
                              control = list(iter.max = 10000)))
  if (!lavInspect(fit, "converged")) stop(file, " did not converge")
  measures <- fitMeasures(fit, c("npar", "chisq", "df", "logl", "cfi", "tli", "rmsea", "srmr", "aic", "bic"))
  rows <- parameterEstimates(fit)[, c("lhs", "op", "rhs", "est", "se")]
  out$cases[[sub("\\.lav$", "", file)]] <- list(fit = as.list(measures), estimates = rows)
}
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"), "results.json")
