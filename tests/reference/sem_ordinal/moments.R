# Sample statistics of ordered and mixed data by lavaan 0.6-14: Rscript moments.R (in this folder).
suppressMessages({library(lavaan); library(jsonlite)})
full <- read.csv("ordinal.csv"); gaps <- read.csv("ordinal_missing.csv")
u <- paste0("u", 1:8); y <- paste0("y", 1:3)
stats <- function(d, vars, ordered, ...) {
  model <- paste("f =~", paste(vars, collapse = " + "))
  fit <- suppressWarnings(cfa(model, d, ordered = ordered, estimator = "WLSMV", do.fit = FALSE, ...))
  g <- lavTech(fit, "gamma"); s <- lavTech(fit, "sampstat"); w <- lavTech(fit, "wls.obs")
  list(vars = vars, nobs = unlist(lavTech(fit, "nobs")), th = s[[1]]$th, cov = s[[1]]$cov,
       wls_obs = w[[1]], gamma_diagonal = diag(g[[1]]), gamma_times_sine = drop(g[[1]] %*% sin(seq_len(nrow(g[[1]])))),
       wls_vd = diag(lavTech(fit, "wls.v")[[1]]))
}
out <- list(
  ordinal = stats(full, u, u),
  mixed = stats(full, c("u1", "y1", "u2", "u4", "y2", "u5", "y3", "u7"), u),
  ordinal_pairwise = stats(gaps, u, u, missing = "pairwise"),
  mixed_pairwise = stats(gaps, c("u1", "y1", "u2", "u4", "y2", "u5", "u7"), u, missing = "pairwise"),
  ordinal_listwise = stats(gaps, u, u)
)
conditional <- function(d, vars, ordered, ...) {
  model <- paste("f =~", paste(vars, collapse = " + "), "\nf ~ x1 + x2")
  fit <- suppressWarnings(sem(model, d, ordered = ordered, estimator = "WLSMV", do.fit = FALSE, ...))
  g <- lavTech(fit, "gamma")[[1]]; s <- lavTech(fit, "sampstat")[[1]]
  list(vars = vars, nobs = unlist(lavTech(fit, "nobs")), cov = s$res.cov, slopes = s$res.slopes,
       wls_obs = lavTech(fit, "wls.obs")[[1]], gamma_diagonal = diag(g),
       gamma_times_sine = drop(g %*% sin(seq_len(nrow(g)))))
}
out$conditional <- conditional(full, c("u1", "y1", "u2", "u4", "y2", "u5", "y3", "u7"), u)
out$conditional_pairwise <- conditional(gaps, c("u1", "u2", "u4", "y2", "u5", "u7"), u, missing = "pairwise")
zero <- read.csv("empty_cell.csv")
out$empty_cell <- stats(zero, c("a", "b", "c"), c("a", "b", "c"))
writeLines(toJSON(out, digits = 16, matrix = "rowmajor"), "moments.json")
