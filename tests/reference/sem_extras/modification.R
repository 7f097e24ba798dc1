# Modification indices and score tests by lavaan 0.7-2. Run in this folder: Rscript modification.R
source("models.R")
mi <- function(fit) { m <- as.data.frame(modindices(fit)); if (is.null(m$group)) m$group <- 1L
  m[, c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all", "sepc.nox")] }
score <- function(fit, ...) { s <- suppressWarnings(lavTestScore(fit, epc = TRUE, ...))
  e <- as.data.frame(s$epc); if (is.null(e$group)) e$group <- 1L
  list(total = as.data.frame(s$test), uni = as.data.frame(s$uni),
       epc = e[, c("lhs", "op", "rhs", "group", "est", "epc", "sepc.all")]) }
ordinal <- read.csv("../sem_ordinal/ordinal.csv")
ORD <- "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
MIXED <- "f =~ u1 + u2 + u3 + u4\ng =~ y1 + y2 + y3\nf ~ x1 + x2\ng ~ x1 + f\n"
groups <- cfa(CFA, data_all, group = "region", group.equal = equal)
label <- cfa(LABEL, data_all)
put(list(lavaan = as.character(packageVersion("lavaan")),
  sem = mi(sem(SEM, data_all)),
  sem_random = mi(sem(SEM, data_all, meanstructure = TRUE, fixed.x = FALSE)),
  orthogonal = mi(cfa(CFA, data_all, orthogonal = TRUE, std.lv = TRUE)),
  second = mi(cfa(SECOND, data_all)),
  groups = mi(groups), label = mi(label),
  fiml = mi(sem(SEM, data_hole, missing = "ml")),
  mlr = mi(cfa(CFA, data_all, estimator = "MLR")),
  uls = mi(cfa(CFA, data_all, estimator = "ULS")),
  gls = mi(cfa(CFA, data_all, estimator = "GLS")),
  wls = mi(cfa(CFA, data_all, estimator = "WLS")),
  ordinal = mi(lavaan::cfa(ORD, ordinal, ordered = TRUE)),
  ordinal_theta = mi(lavaan::cfa(ORD, ordinal, ordered = TRUE, parameterization = "theta")),
  ordinal_groups = mi(lavaan::cfa(ORD, ordinal, ordered = TRUE, group = "region", group.equal = c("loadings", "thresholds"))),
  mixed = mi(lavaan::sem(MIXED, ordinal, ordered = c("u1", "u2", "u3", "u4"))),
  score_groups = score(groups), score_groups_two = score(groups, release = c(2, 5)),
  score_label = score(label),
  score_add = score(cfa(CFA, data_all), add = "a2 ~~ b3\nA =~ b1"),
  score_add_label = score(label, add = "a2 ~~ b3\nA =~ b1")), "modification")
