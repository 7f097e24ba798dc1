# Convergent and discriminant validity by semTools and lavaan. Run in this folder: Rscript validity.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("battery.csv"); miss <- read.csv("battery_missing.csv")
model <- "C =~ x1 + x2 + x3\nO =~ x4 + x5 + x6\nM =~ x7 + x8 + x9\nP =~ x10 + x11 + x12"
fit <- cfa(model, d, std.lv = TRUE)
robust <- cfa(model, d, std.lv = TRUE, estimator = "MLR", cluster = "firm")
mlr <- cfa(model, d, std.lv = TRUE, estimator = "MLR", meanstructure = TRUE)
plain <- function(t) { t <- as.data.frame(t); t[] <- lapply(t, function(v) if (is.factor(v)) as.character(v) else v); t }
rows <- function(m) lapply(seq_len(nrow(m)), function(i) as.list(m[i, ]))
square <- function(m) { m <- unclass(m); m[upper.tri(m)] <- t(m)[upper.tri(m)]; list(names = colnames(m), values = unname(m)) }
std <- standardizedSolution(fit)
cors <- function(f) { s <- standardizedSolution(f); s <- s[s$op == "~~" & s$lhs != s$rhs, ]; rows(plain(s[, c("lhs", "rhs", "est.std", "ci.lower", "ci.upper")])) }
out <- list(
  htmt = square(htmt(model, d, htmt2 = FALSE)), htmt2 = square(htmt(model, d, htmt2 = TRUE)),
  ave = as.list(AVE(fit)), loadings = rows(plain(std[std$op == "=~", c("lhs", "rhs", "est.std", "se")])),
  correlations = cors(fit), correlations_cluster = cors(robust),
  cutoff9 = rows(plain(discriminantValidity(fit, cutoff = .9))), cutoff1 = rows(plain(discriminantValidity(fit, cutoff = 1))),
  merge = rows(plain(discriminantValidity(fit, merge = TRUE))),
  merge_mlr = lapply(list(c("C", "O")), function(p) {
    m <- "CO =~ x1 + x2 + x3 + x4 + x5 + x6\nM =~ x7 + x8 + x9\nP =~ x10 + x11 + x12"
    t <- lavTestLRT(mlr, cfa(m, d, std.lv = TRUE, estimator = "MLR", meanstructure = TRUE), method = "satorra.2000", scaled.shifted = FALSE)
    list(chisq = t[2, "Chisq diff"], df = t[2, "Df diff"], p = t[2, "Pr(>Chisq)"]) }),
  pairwise_cor = unname(cor(miss[, paste0("x", 1:12)], use = "pairwise")))
write(toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE, na = "null"), "validity.json")
