# Invariance across two groups: lavaan's ladder (std.lv), partial model, score tests; ordinal ladder by semTools.
# Run in this folder: Rscript invariance.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("battery.csv")
model <- "C =~ x1 + x2 + x3\nO =~ x4 + x5 + x6\nM =~ x7 + x8 + x9\nP =~ x10 + x11 + x12"
equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
  strict = c("loadings", "intercepts", "residuals"), means = c("loadings", "intercepts", "residuals", "means"))
wanted <- c("chisq", "df", "cfi", "rmsea", "srmr", "aic", "bic")
run <- function(e, partial = "", ...) cfa(model, d, group = "group", group.equal = e, group.partial = partial, std.lv = TRUE, ...)
fits <- lapply(equal, run)
robust <- lapply(equal, run, estimator = "MLR", cluster = "firm")
partial <- list(metric = run(equal$metric, "O=~x5"), scalar = run(equal$scalar, c("O=~x5", "x5~1", "x2~1")))
lrt <- function(a, b, ...) { t <- lavTestLRT(a, b, ...); list(chisq = t[2, "Chisq diff"], df = t[2, "Df diff"], p = t[2, "Pr(>Chisq)"]) }
score <- function(fit, op) {
  pt <- parTable(fit); s <- lavTestScore(fit)$uni
  lab <- setNames(paste0(pt$lhs, pt$op, pt$rhs), pt$plabel)
  data.frame(parameter = lab[s$lhs], X2 = s$X2, p = s$p.value)[pt$op[match(s$lhs, pt$plabel)] == op, ]
}
pe <- parameterEstimates(partial$scalar)
# ordered items: five categories by fixed cuts
cuts <- c(-Inf, 2.8, 3.6, 4.4, 5.2, Inf); o <- d
for (v in paste0("x", 1:12)) o[[v]] <- as.integer(cut(d[[v]], cuts))
levels <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"),
  scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"))
ordinal <- lapply(levels, function(e) {
  m <- measEq.syntax(model, data = o, ordered = paste0("x", 1:12), parameterization = "theta", ID.fac = "std.lv",
    ID.cat = "Wu.Estabrook.2016", group = "group", group.equal = e)
  cfa(as.character(m), data = o, ordered = paste0("x", 1:12), parameterization = "theta", group = "group", estimator = "WLSMV")
})
out <- list(
  ml = lapply(fits, function(f) as.list(fitMeasures(f, wanted))),
  mlr = lapply(robust, function(f) as.list(fitMeasures(f, c("chisq.scaled", "df", "cfi.robust", "rmsea.robust", "srmr")))),
  differences = list(metric = lrt(fits$configural, fits$metric), scalar = lrt(fits$metric, fits$scalar),
    mlr_metric = lrt(robust$configural, robust$metric, method = "satorra.bentler.2001"),
    mlr_scalar = lrt(robust$metric, robust$scalar, method = "satorra.bentler.2001")),
  partial = lapply(partial, function(f) as.list(fitMeasures(f, wanted))),
  partial_estimates = pe[pe$op %in% c("=~", "~1") & pe$rhs %in% c("x5", "x2", "") & pe$lhs %in% c("O", "C", "x5", "x2"),
    c("lhs", "op", "rhs", "group", "est", "se")],
  score_metric = score(fits$metric, "=~"), score_scalar = score(partial$metric, "~1"),
  score_scalar_full = score(run(equal$scalar, c("O=~x5", "x5~1")), "~1"),
  ordinal = lapply(ordinal, function(f) as.list(fitMeasures(f, c("chisq", "df", "chisq.scaled", "cfi.scaled", "rmsea.scaled", "srmr")))),
  ordinal_differences = list(thresholds = lrt(ordinal$configural, ordinal$thresholds), metric = lrt(ordinal$thresholds, ordinal$metric),
    scalar = lrt(ordinal$metric, ordinal$scalar), strict = lrt(ordinal$scalar, ordinal$strict)))
write(toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE, na = "null"), "invariance.json")
