# lavaan's answers for incomplete.csv; run in this folder, writes cases.json.
# The EM and optimiser tolerances are tightened so that the numbers are the maximum itself.
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("incomplete.csv")
cfa3 <- "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9\n"
sem3 <- paste0(cfa3, "f2 ~ b*f1 + z\nf1 ~ a*z\nf3 ~ f1 + f2\nab := a*b\n")
semx <- paste0(cfa3, "f1 ~ zm\nf2 ~ f1 + zm\nf3 ~ f1 + f2\n")
eq3 <- "f1 =~ y1 + l2*y2 + l3*y3\nf2 =~ y4 + l2*y5 + l3*y6\nf3 =~ y7 + l2*y8 + m3*y9\nm3 == l3 + 0.1\n"
out <- list()
run <- function(name, model, ...) {
  warned <- character(0)
  fit <- withCallingHandlers(
    lavaan::sem(model, d, em.h1.tol = 1e-10, em.h1.iter.max = 5000,
      control = list(iter.max = 2000, eval.max = 4000), ...),
    warning = function(w) { warned <<- c(warned, conditionMessage(w)); invokeRestart("muffleWarning") })
  h1 <- lavInspect(fit, "h1")
  out[[name]] <<- list(model = model, options = list(...), warnings = warned,
    npar = lavInspect(fit, "npar"), nobs = lavInspect(fit, "nobs"), norig = lavInspect(fit, "norig"),
    parameters = parameterEstimates(fit, remove.nonfree = FALSE),
    fitMeasures = as.list(unclass(suppressWarnings(fitMeasures(fit)))),
    h1 = if (is.null(h1$cov)) lapply(h1, function(g) list(cov = unclass(g$cov), mean = as.numeric(g$mean))) else
      list(list(cov = unclass(h1$cov), mean = as.numeric(h1$mean))))
  cat(name, fitMeasures(fit, "chisq"), "\n")
  invisible(fit)
}
fit <- run("ml", cfa3, missing = "ml")
out$ml$predict <- unclass(lavPredict(fit))
out$ml$predict_bartlett <- unclass(lavPredict(fit, method = "Bartlett"))
out$ml$modification <- modindices(fit)
out$ml$standardized <- standardizedSolution(fit)
of <- function(fit, type) { r <- residuals(fit, type); list(cov = unclass(r$cov), mean = as.numeric(r$mean), names = rownames(r$cov)) }
kinds <- function(fit) list(raw = of(fit, "raw"), normalized = of(fit, "normalized"), standardized = of(fit, "standardized"))
out$ml$residuals <- kinds(fit)
fit <- run("mlr", cfa3, missing = "ml", estimator = "MLR")
out$mlr$residuals <- kinds(fit)
run("mlf", cfa3, missing = "ml", estimator = "MLF")
fit <- run("expected", cfa3, missing = "ml", information = "expected")
out$expected$residuals <- kinds(fit)
run("mlr_expected", cfa3, missing = "ml", estimator = "MLR", information = "expected")
run("robust_se_yb", cfa3, missing = "ml", se = "robust.huber.white", test = "yuan.bentler")
run("equality", eq3, missing = "ml", estimator = "MLR")
run("nonlinear", "f1 =~ y1 + a*y2 + b*y3\nf2 =~ y4 + y5 + c*y6\na == b^2 - 0.9\nc > 1.3\n", missing = "ml", estimator = "MLR")
run("second_order", paste0(cfa3, "g =~ f1 + f2 + f3\n"), missing = "ml", estimator = "MLR", std.lv = TRUE)
fit <- run("structural", sem3, missing = "ml", estimator = "MLR")
out$structural$residuals <- kinds(fit)
fit <- run("structural_ml", sem3, missing = "ml")
out$structural_ml$residuals <- kinds(fit)
run("x_missing", semx, missing = "ml", estimator = "MLR")
run("x_missing_ml.x", semx, missing = "ml.x", estimator = "MLR")
run("x_random", semx, missing = "ml", estimator = "MLR", fixed.x = FALSE)
run("groups", cfa3, missing = "ml", group = "group")
run("groups_equal", cfa3, missing = "ml", estimator = "MLR", group = "group", group.equal = c("loadings", "intercepts"))
run("cluster", cfa3, missing = "ml", estimator = "MLR", cluster = "cluster")
run("cluster_groups", cfa3, missing = "ml", estimator = "MLR", cluster = "cluster", group = "group", group.equal = "loadings")
run("two_stage", cfa3, missing = "two.stage")
run("robust_two_stage", cfa3, missing = "robust.two.stage")
run("robust_two_stage_groups", cfa3, missing = "robust.two.stage", group = "group", group.equal = "loadings")
run("two_stage_structural", sem3, missing = "two.stage", fixed.x = FALSE)
write_json(out, "cases.json", auto_unbox = TRUE, digits = NA, na = "null", null = "null", dataframe = "rows", matrix = "rowmajor")
