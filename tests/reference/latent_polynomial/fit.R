# Double-mean-centred products by semTools and the latent polynomials by lavaan (MLR, clustered, FIML): results.json
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
raw <- read.csv("units.csv"); data <- read.csv("products.csv")
m <- paste0("i", 1:3, ".m"); s <- paste0("i", 1:3, ".s")
products <- list()
for (pair in list(list(m, m), list(m, s), list(s, s))) {
  made <- indProd(raw[, unique(c(pair[[1]], pair[[2]]))], var1 = pair[[1]], var2 = pair[[2]], match = TRUE,
                  meanC = TRUE, residualC = FALSE, doubleMC = TRUE)
  made <- made[, (ncol(made) - 2):ncol(made)]
  names(made) <- paste(pair[[1]], pair[[2]], sep = "|")
  products <- c(products, as.list(made))
}
out <- list(lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools")),
            products = products, cases = list())
for (file in sort(list.files(pattern = "\\.lav$"))) {
  fit <- sem(paste(readLines(file), collapse = "\n"), data, estimator = "MLR", missing = "ml", cluster = "firm",
             meanstructure = TRUE, control = list(iter.max = 20000, rel.tol = 1e-10))
  if (!lavInspect(fit, "converged")) stop(file, " did not converge")
  measures <- fitMeasures(fit, c("npar", "chisq", "df", "logl", "chisq.scaled"))
  rows <- parameterEstimates(fit)[, c("lhs", "op", "rhs", "est", "se")]
  out$cases[[sub("\\.lav$", "", file)]] <- list(fit = as.list(measures), estimates = rows)
}
write(toJSON(out, auto_unbox = TRUE, digits = 12, na = "null"), "results.json")
