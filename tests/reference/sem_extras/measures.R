# Fit measures beyond the usual ones. Run in this folder: Rscript measures.R
source("models.R")
fm <- function(fit, ...) as.list(unclass(fitMeasures(fit)))
browne <- function(fit) lavTest(fit, "browne.residual.nt.model")$stat
groups <- function(e) lavaan::cfa(CFA, data_all, group = "region", group.equal = equal, estimator = e)
put(list(lavaan = as.character(packageVersion("lavaan")),
  sem = fm(sem(SEM, data_all)), saturated = fm(cfa("A =~ a1 + a2 + a3", data_all)),
  groups = fm(groups("ML")), fiml = fm(sem(SEM, data_hole, missing = "ml")),
  uls = fm(cfa(CFA, data_all, estimator = "ULS")), gls = fm(cfa(CFA, data_all, estimator = "GLS")),
  wls = fm(cfa(CFA, data_all, estimator = "WLS")), dwls = fm(cfa(CFA, data_all, estimator = "DWLS")),
  mlr = fm(sem(SEM, data_all, estimator = "MLR")), mlmv = fm(cfa(CFA, data_all, estimator = "MLMV")),
  browne = list(ml = browne(groups("ML")), gls = browne(groups("GLS")), uls = browne(groups("ULS")))), "measures")
