# Rscript core.R   (in this folder; lavaan 0.6.14): writes core.json.
# Data: HolzingerSwineford1939 and PoliticalDemocracy, which lavaan and semopy both ship.
suppressMessages({library(lavaan); library(jsonlite)})
HS <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
PD <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\ndem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8\n"
hs <- HolzingerSwineford1939; pd <- PoliticalDemocracy
cases <- list(
  hs_ml = list(HS, "hs", list()),
  hs_ml_means = list(HS, "hs", list(meanstructure = TRUE)),
  hs_stdlv = list(HS, "hs", list(std.lv = TRUE)),
  hs_effect = list(HS, "hs", list(effect.coding = TRUE, meanstructure = TRUE)),
  hs_second = list(paste0(HS, "g =~ visual + textual + speed"), "hs", list()),
  hs_scalar = list(HS, "hs", list(group = "school", group.equal = c("loadings", "intercepts"))),
  hs_partial = list(HS, "hs", list(group = "school", group.equal = c("loadings", "intercepts", "residuals"), group.partial = c("visual=~x2", "x7~1"))),
  hs_strict_lv = list(HS, "hs", list(group = "school", std.lv = TRUE, group.equal = c("loadings", "intercepts", "residuals", "lv.variances", "lv.covariances", "means"))),
  hs_group_vectors = list("visual =~ x1 + c(a,b)*x2 + c(0.7,NA)*x3\ntextual =~ x4 + c(k,k)*x5 + x6\nd := a-b\nk == 1.1", "hs", list(group = "school")),
  hs_group_blocks = list("group: Pasteur\nvisual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\ngroup: Grant-White\nvisual =~ x1 + x2 + x3 + x4\nspeed =~ x7 + x8 + x9", "hs", list(group = "school")),
  pd_ml = list(PD, "pd", list()),
  pd_mimic = list("f =~ y1 + y2 + y3 + y4\nf ~ x1 + x2\ny5 ~ f + x1", "pd", list(meanstructure = TRUE)),
  pd_paths = list("y1 ~ x1 + x2\ny2 ~ y1 + x3\ny3 ~ x1", "pd", list()),
  pd_paths_random = list("y1 ~ x1 + x2\ny2 ~ y1 + x3\ny3 ~ x1", "pd", list(fixed.x = FALSE)),
  pd_circle = list("y1 ~ y2 + x1\ny2 ~ y1 + x2", "pd", list()),
  pd_product = list("y1 ~ x1 + x2 + x1:x2\ny2 ~ y1", "pd", list()),
  pd_single = list("f =~ y1 + y2 + y3 + y4\ng =~ y5\nh =~ y6\ny6 ~~ 0.5*y6\nh ~ g + f\nf ~~ g", "pd", list()),
  pd_growth = list("i =~ 1*y1 + 1*y2 + 1*y3 + 1*y4\ns =~ 0*y1 + 1*y2 + 2*y3 + 3*y4\ni ~ x1\ns ~ x1", "pd", list(growth = TRUE)),
  pd_gls = list("f =~ y1 + y2 + y3 + y4\nf ~ x1 + x2\ny5 ~ f + x1", "pd", list(estimator = "GLS")),
  pd_curved = list("ind60 =~ x1 + l2*x2 + l3*x3\ndem60 =~ y1 + k2*y2 + y3 + y4\ndem60 ~ b*ind60\nl2 == exp(k2/2); b*b == l3\nratio := b/l3", "pd", list())
)
out <- lapply(names(cases), function(name) {
  case <- cases[[name]]; options <- case[[3]]
  grow <- isTRUE(options$growth); options$growth <- NULL
  fit <- do.call(if (grow) "growth" else "sem", c(list(case[[1]], data = if (case[[2]] == "hs") hs else pd), options))
  stopifnot(lavInspect(fit, "converged"))
  pe <- parameterEstimates(fit, remove.nonfree = FALSE)
  pt <- parTable(fit); free <- pt[pt$free > 0, ]
  implied <- lavInspect(fit, "implied"); if (lavInspect(fit, "ngroups") == 1) implied <- list(implied)
  sd <- standardizedSolution(fit)
  list(case = name, model = case[[1]], data = case[[2]], options = case[[3]], parameters = pe,
       free = data.frame(lhs = free$lhs, op = free$op, rhs = free$rhs, group = if (is.null(free$group)) 1 else free$group, est = free$est),
       standardized = sd[, c("lhs", "op", "rhs", "est.std", "se")],
       implied = lapply(implied, function(m) list(names = rownames(m$cov), cov = unclass(m$cov), mean = if (is.null(m$mean)) NULL else as.numeric(m$mean))),
       fitMeasures = as.list(unclass(fitMeasures(fit))))
})
names(out) <- names(cases)
write_json(list(lavaan = as.character(packageVersion("lavaan")), cases = out), "core.json", auto_unbox = TRUE, digits = NA, na = "null", null = "null", dataframe = "rows")
