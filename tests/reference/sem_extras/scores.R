# Factor scores. Run in this folder: Rscript scores.R
source("models.R")
ordinal <- read.csv("../sem_ordinal/ordinal.csv")
ORD <- "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
MIXED <- "f =~ u1 + u2 + u3 + u4\ng =~ y1 + y2 + y3\nf ~ x1 + x2\ng ~ x1 + f\n"
plain <- function(m) unname(unclass(m[, , drop = FALSE]))
head40 <- function(m) plain(m)[1:40, ]
both <- function(fit, ...) { r <- lavPredict(fit, se = "standard", ...); b <- lavPredict(fit, method = "Bartlett", se = "standard", ...)
  list(regression = head40(r), regression_se = attr(r, "se")[[1]], bartlett = head40(b), bartlett_se = attr(b, "se")[[1]]) }
modal <- function(fit) list(ebm = head40(lavPredict(fit, method = "EBM")), ml = head40(lavPredict(fit, method = "ML")))
groups <- lavaan::cfa(CFA, data_all, group = "region", group.equal = equal)
holes <- lavaan::sem(SEM, data_hole, missing = "ml")
keep <- 1:40
r <- lavPredict(holes, se = "standard"); b <- lavPredict(holes, method = "Bartlett", se = "standard")
put(list(lavaan = as.character(packageVersion("lavaan")),
  sem = both(lavaan::sem(SEM, data_all)), means = both(lavaan::sem(SEM, data_all, meanstructure = TRUE)),
  second = both(lavaan::cfa(SECOND, data_all)),
  groups = lapply(lavPredict(groups), head40), groups_bartlett = lapply(lavPredict(groups, method = "Bartlett"), head40),
  fiml = list(regression = plain(r)[keep, ], bartlett = plain(b)[keep, ], regression_se = attr(r, "se")[[1]][keep, 1:3],
              bartlett_se = attr(b, "se")[[1]][keep, 1:3]),
  new = plain(lavPredict(lavaan::sem(SEM, data_all[1:200, ]), newdata = data_all[201:230, ])),
  ordinal = modal(lavaan::cfa(ORD, ordinal, ordered = TRUE)),
  ordinal_theta = modal(lavaan::cfa(ORD, ordinal, ordered = TRUE, parameterization = "theta")),
  ordinal_groups = lapply(lavPredict(lavaan::cfa(ORD, ordinal, ordered = TRUE, group = "region",
    group.equal = c("loadings", "thresholds"))), head40),
  mixed = modal(lavaan::sem(MIXED, ordinal, ordered = c("u1", "u2", "u3", "u4")))), "scores")
