# Nested tests. Run in this folder: Rscript comparison.R
source("models.R")
TWO <- "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\na2 ~~ b3\nA ~~ 0*C\n"
ONE <- paste0(CFA, "a2 ~~ b3\n")
inv <- function(...) list(lavaan::cfa(CFA, data_all, group = "region", ...),
  lavaan::cfa(CFA, data_all, group = "region", group.equal = "loadings", ...),
  lavaan::cfa(CFA, data_all, group = "region", group.equal = equal, ...))
lrt <- function(fits, ...) { t <- suppressWarnings(do.call(lavTestLRT, c(fits, list(...))))
  list(stat = t[["Chisq diff"]], df = t[["Df diff"]], p = t[["Pr(>Chisq)"]], chisq = t$Chisq,
       scale = attr(t, "scale"), shift = attr(t, "shift")) }
every <- function(fits) list(default = lrt(fits), sb2010 = lrt(fits, method = "satorra.bentler.2010"),
  s2000 = lrt(fits, method = "satorra.2000"),
  mean = lrt(fits, method = "satorra.2000", scaled.shifted = FALSE),
  exact = tryCatch(lrt(fits, method = "satorra.2000", A.method = "exact"), error = function(e) conditionMessage(e)))
shifted <- function(fits) list(default = lrt(fits), meanvar = lrt(fits, scaled.shifted = FALSE),
  exact = tryCatch(lrt(fits, A.method = "exact"), error = function(e) conditionMessage(e)))
single <- function(...) list(lavaan::cfa(ONE, data_all, ...), lavaan::cfa(TWO, data_all, ...))
put(list(lavaan = as.character(packageVersion("lavaan")),
  ml = list(default = lrt(inv())), mlr = every(inv(estimator = "MLR")), mlm = every(inv(estimator = "MLM")),
  mlmv = shifted(inv(estimator = "MLMV")), mlmvs = shifted(inv(estimator = "MLMVS")),
  single_mlm = every(single(estimator = "MLM")), single_mlr = every(single(estimator = "MLR")),
  fiml = list(default = lrt(list(lavaan::cfa(ONE, data_hole, missing = "ml", estimator = "MLR"),
                                 lavaan::cfa(TWO, data_hole, missing = "ml", estimator = "MLR"))))), "comparison")
