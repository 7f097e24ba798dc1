# Residuals with standard errors by lavaan 0.7-2. Run in this folder: Rscript residuals.R
suppressMessages({library(lavaan, lib.loc = Sys.getenv("LAVAAN_LIB", .libPaths()[1])); library(jsonlite)})
stopifnot(packageVersion("lavaan") >= "0.7.2")
full <- read.csv("../sem_extras/simulated.csv"); holes <- read.csv("../sem_extras/incomplete.csv")
ordinal <- read.csv("../sem_ordinal/ordinal.csv")
CFA <- "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\n"
SEM <- paste0(CFA, "A ~ x1 + x2\nB ~ A\nC ~ B\ny ~ C\n")
LINEAR <- "A =~ a1 + p*a2 + q*a3 + a4\nB =~ b1 + b2 + r*b3\nC =~ c1 + c2 + c3 + c4\nq == p + 0.2*r\na1 ~~ u*a1\na2 ~~ v*a2\nu == v\n"
ORDINAL <- "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
both <- list(group = "region", group.equal = c("loadings", "intercepts"))
triangle <- function(x) if (is.matrix(x)) unclass(x)[lower.tri(x, diag = TRUE)] else as.numeric(x)
residual <- function(model, data, ..., fun = "cfa") {
  arguments <- list(model, data = data, ...)
  fit <- do.call(fun, arguments)
  if (fun == "cfa") fit <- do.call(fun, c(arguments, list(start = fit)))  # lavaan's own stopping rule leaves 1e-4
  kinds <- c(normalized = "normalized", standardized = "standardized")
  lapply(kinds, function(kind) {
    found <- residuals(fit, type = kind)
    if (!is.null(found$type)) found <- list(all = found)
    lapply(found, function(g) lapply(g[intersect(names(g), c("cov", "mean", "th"))], triangle))
  })
}
grouped <- function(...) do.call(residual, c(list(...), both))
found <- list(lavaan = as.character(packageVersion("lavaan")),
  ml = grouped(CFA, full), mlr = grouped(CFA, full, estimator = "MLR"), gls = grouped(CFA, full, estimator = "GLS"),
  fiml = grouped(CFA, holes, missing = "ml"), fiml_mlr = grouped(CFA, holes, missing = "ml", estimator = "MLR"),
  uls = grouped(CFA, full, estimator = "ULS"),
  linear = residual(LINEAR, full), linear_mlr = residual(LINEAR, full, estimator = "MLR"),
  cluster = residual(CFA, full, cluster = "unit"), cluster_fiml = residual(CFA, holes, cluster = "unit", missing = "ml"),
  mlf = residual(CFA, full, estimator = "MLF"), mlf_sem = residual(SEM, full, estimator = "MLF", fun = "sem"),
  ordinal = residual(ORDINAL, ordinal, ordered = TRUE, group = "region", group.equal = "loadings"),
  ordinal_thresholds = residual(ORDINAL, ordinal, ordered = TRUE, group = "region", group.equal = c("loadings", "thresholds")))
write_json(found, "residuals.json", digits = I(7), auto_unbox = TRUE, na = "null")
