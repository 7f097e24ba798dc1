# Rival structures: lavaan fits, Vuong's tests from lavaan's scores and information, nesting by semTools::net.
# Run in this folder: Rscript rivals.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("battery.csv")
f4 <- "C =~ x1 + x2 + x3\nO =~ x4 + x5 + x6\nM =~ x7 + x8 + x9\nP =~ x10 + x11 + x12"
xs <- paste0("x", 1:12)
spec <- "C =~ NA*x1 + x2 + x3\nO =~ NA*x4 + x5 + x6\nM =~ NA*x7 + x8 + x9\nP =~ NA*x10 + x11 + x12"
models <- list(
  independence = paste(paste0(xs, " ~~ ", xs), collapse = "\n"),
  one_factor = paste("alignment =~", paste(xs, collapse = " + ")),
  second_order = paste0(f4, "\nalignment =~ C + O + M + P"),
  bifactor = paste0("alignment =~ NA*", paste(xs, collapse = " + "), "\nalignment ~~ 1*alignment\n", spec,
    "\nC ~~ 1*C\nO ~~ 1*O\nM ~~ 1*M\nP ~~ 1*P\nalignment ~~ 0*C + 0*O + 0*M + 0*P\nC ~~ 0*O + 0*M + 0*P\nO ~~ 0*M + 0*P\nM ~~ 0*P"),
  correlated = f4)
options <- list(ml = list(estimator = "ML"), mlr_cluster = list(estimator = "MLR", cluster = "firm"))
fit_all <- function(o) lapply(models, function(m) do.call("cfa", c(list(m, data = d, meanstructure = TRUE), o)))
wanted <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "logl", "aic", "bic", "npar")
scaled <- c("chisq.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi.robust", "rmsea.robust")
fits <- lapply(options, fit_all)
ml <- fits$ml
imhof <- function(q, w) {
  g <- function(u) {
    s <- outer(u, w); sin(.5 * rowSums(atan(s)) - .5 * q * u) / (u * exp(.25 * rowSums(log1p(s^2))))
  }
  .5 + integrate(g, 0, Inf, subdivisions = 20000L, rel.tol = 1e-10)$value / pi
}
casewise <- function(fit) {
  im <- lavInspect(fit, "implied"); mnormt::dmnorm(as.matrix(d[, lavNames(fit)]), as.numeric(im$mean), unclass(im$cov), log = TRUE)
}
# lavaan 0.6.14: observed information per case
info <- function(fit) lavInspect(fit, "information.observed")
vuong <- function(a, b) {
  l <- casewise(a) - casewise(b); n <- length(l)
  s1 <- lavScores(a); s2 <- lavScores(b); A1 <- info(a); A2 <- info(b)
  B1 <- crossprod(s1) / n; B2 <- crossprod(s2) / n; B12 <- crossprod(s1, s2) / n
  W <- cbind(rbind(-B1 %*% solve(A1), t(B12) %*% solve(A1)), rbind(-B12 %*% solve(A2), B2 %*% solve(A2)))
  w <- Re(eigen(W, only.values = TRUE)$values)
  omega2 <- mean((l - mean(l))^2)
  list(omega2 = omega2, p = imhof(n * omega2, w^2), z = sum(l) / sqrt(n * omega2), lr = sum(l),
       w2 = sort(w^2, decreasing = TRUE)[1:5])
}
lrt <- function(a, b, ...) { t <- lavTestLRT(a, b, ...); list(chisq = t[2, "Chisq diff"], df = t[2, "Df diff"], p = t[2, "Pr(>Chisq)"]) }
bif <- standardizedSolution(ml$bifactor); bif <- bif[bif$op == "=~", c("lhs", "rhs", "est.std")]
sec <- standardizedSolution(ml$second_order); sec <- sec[sec$op == "=~", c("lhs", "rhs", "est.std")]
criteria <- list(
  multidimensional = paste0(f4, "\ny1 + y2 ~ C + O + M + P\ny1 ~~ y2"),
  superordinate = paste0(f4, "\nalignment =~ C + O + M + P\ny1 + y2 ~ alignment\ny1 ~~ y2"),
  equal_loadings = paste0(f4, "\nalignment =~ 1*C + 1*O + 1*M + 1*P\ny1 + y2 ~ alignment\ny1 ~~ y2"),
  aggregate_fixed = paste0(f4, "\ny1 ~ a*C + a*O + a*M + a*P\ny2 ~ b*C + b*O + b*M + b*P\ny1 ~~ y2"),
  # proportional effects: a weighted sum without disturbance (written as products of labels lavaan stops early)
  aggregate_free = paste0(f4, "\nagg =~ 1*y1\nagg ~ C + O + M + P\nagg ~~ 0*agg\ny1 ~~ NA*y1\ny2 ~ agg\ny1 ~~ y2"))
edwards <- lapply(criteria, function(m) {
  f <- sem(m, d); list(fit = as.list(fitMeasures(f, c("chisq", "df", "aic", "bic"))), r2 = as.list(lavInspect(f, "rsquare")[c("y1", "y2")]))
})
net_result <- net(ml$one_factor, ml$second_order, ml$correlated, ml$bifactor)
out <- list(
  ml = lapply(ml, function(f) as.list(fitMeasures(f, wanted))),
  mlr_cluster = lapply(fits$mlr_cluster, function(f) as.list(fitMeasures(f, c(wanted, scaled)))),
  difference = list(
    ml = lrt(ml$second_order, ml$correlated),
    mlr_cluster = lrt(fits$mlr_cluster$second_order, fits$mlr_cluster$correlated, method = "satorra.bentler.2001")),
  vuong = list(bifactor_correlated = vuong(ml$correlated, ml$bifactor), one_second = vuong(ml$one_factor, ml$second_order)),
  bifactor = bif, second_order = sec, edwards = edwards,
  one_factor_std = as.list(setNames(inspect(ml$one_factor, "std")$lambda[, 1], xs)),
  net = net_result@test, versions = list(lavaan = as.character(packageVersion("lavaan")), semTools = as.character(packageVersion("semTools"))))
write(toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE, na = "null"), "rivals.json")
