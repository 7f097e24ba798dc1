# lavaan's two-level answers for twolevel.csv; run in this folder, writes cases.json.
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("twolevel.csv")
# lavaan stops its EM for the saturated model at a gain of 1e-4 in log-likelihood, which leaves up to 0.05 in
# chisq; here it runs on, so that chisq, SRMR and the scaling factors are those of the maximum.
em <- lavaan:::lav_mvnorm_cluster_em_sat
assignInNamespace("lav_mvnorm_cluster_em_sat",
  function(YLp, Lp, verbose = FALSE, tol = 1e-04, max.iter = 5000, min.variance = 1e-05)
    em(YLp = YLp, Lp = Lp, verbose = FALSE, tol = 1e-11, max.iter = 50000, min.variance = min.variance), "lavaan")
cfa2 <- "level: 1\n fw =~ y1 + y2 + y3\n gw =~ y4 + y5 + y6\nlevel: 2\n fb =~ y1 + y2 + y3\n gb =~ y4 + y5 + y6\n"
one2 <- "level: 1\n fw =~ y1 + y2 + y3 + y4\nlevel: 2\n fb =~ y1 + y2 + y3 + y4\n"
sem2 <- "level: 1\n fw =~ y1 + y2 + y3\n gw =~ y4 + y5 + y6\n fw ~ x1 + x2\n gw ~ fw\nlevel: 2\n fb =~ y1 + y2 + y3\n gb =~ y4 + y5 + y6\n fb ~ w1 + w2\n gb ~ fb\n"
out2 <- "level: 1\n fw =~ y1 + y2 + y3\n v ~ fw\nlevel: 2\n fb =~ y1 + y2 + y3\n z ~ fb\n"
eq2 <- "level: 1\n fw =~ y1 + a*y2 + b*y3\n gw =~ y4 + c*y5 + d*y6\nlevel: 2\n fb =~ y1 + a*y2 + b*y3\n gb =~ y4 + c*y5 + d*y6\n fb ~~ vb*fb\n r := vb / (vb + 1)\n"
sat2 <- "level: 1\n y1 ~~ y2\nlevel: 2\n y1 ~~ y2\n"
reg2 <- "level: 1\n y1 ~ x1\nlevel: 2\n y1 ~ w1\n"
one_group <- function(g) paste0("group: ", g, "\n level: 1\n fw =~ y1 + l2*y2 + l3*y3\n level: 2\n fb =~ y1 + y2 + y3\n")
cfag <- paste0(one_group("a"), one_group("b"))
out <- list()
run <- function(name, model, ...) {
  warned <- character(0)
  fit <- withCallingHandlers(
    lavaan::sem(model, d, cluster = "unit", ...),
    warning = function(w) { warned <<- c(warned, conditionMessage(w)); invokeRestart("muffleWarning") })
  h1 <- lavInspect(fit, "h1")
  out[[name]] <<- list(model = model, options = list(...), warnings = warned, npar = lavInspect(fit, "npar"),
    nobs = lavInspect(fit, "nobs"), nclusters = lavInspect(fit, "nclusters"),
    parameters = parameterEstimates(fit, remove.nonfree = FALSE),
    standardized = tryCatch(standardizedSolution(fit), error = function(e) NULL),
    fitMeasures = as.list(unclass(suppressWarnings(fitMeasures(fit)))),
    h1 = lapply(h1, function(g) list(cov = unclass(g$cov), mean = as.numeric(g$mean), names = rownames(g$cov))),
    icc = tryCatch(as.list(lavInspect(fit, "icc")), error = function(e) NULL))
  cat(name, fitMeasures(fit, c("chisq", "df")), "\n")
  invisible(fit)
}
run("cfa", cfa2)
run("cfa_mlr", cfa2, estimator = "MLR")
run("one", one2)
run("sem", sem2)
run("sem_mlr", sem2, estimator = "MLR")
run("outcomes", out2)
run("equal", eq2)
run("equal_mlr", eq2, estimator = "MLR")
run("saturated", sat2)
run("regression", reg2)
# The saturated models, fitted by the optimiser as well.
all_pairs <- function(v) paste(sapply(seq_along(v), function(i) paste(v[i], "~~", paste(v[i:length(v)], collapse = " + "))), collapse = "\n ")
saturated <- function(w, b) paste0("level: 1\n ", all_pairs(w), "\nlevel: 2\n ", all_pairs(b), "\n")
y6 <- paste0("y", 1:6)
run("h1_cfa", saturated(y6, y6), fixed.x = FALSE)
run("h1_one", saturated(y6[1:4], y6[1:4]), fixed.x = FALSE)
run("h1_outcomes", saturated(c(y6[1:3], "v"), c(y6[1:3], "z")), fixed.x = FALSE)
run("h1_sem", saturated(c(y6, "x1", "x2"), c(y6, "w1", "w2")), fixed.x = FALSE)
run("groups", cfag, group = "group")
run("groups_mlr", cfag, group = "group", estimator = "MLR")
write_json(out, "cases.json", auto_unbox = TRUE, digits = NA, na = "null", null = "null", dataframe = "rows", matrix = "rowmajor")
