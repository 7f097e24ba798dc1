# Fits of ordered and mixed data by lavaan 0.7-2: Rscript fits.R (in this folder) writes fits.json.
# A tight stopping rule for one group, lavaan's default (good to about 1e-6) elsewhere.
suppressMessages({library(lavaan); library(jsonlite)})
full <- read.csv("ordinal.csv")
gaps <- read.csv("ordinal_missing.csv")[-(1:2), ]  # the first two cases have no answers
u <- paste0("u", 1:8)
two <- "f1 =~ u1 + u2 + u3 + u4
f2 =~ u5 + u6 + u7 + u8"
mixed <- paste(two, "f3 =~ y1 + y2 + y3", "f3 ~ a*f1 + b*f2", "f2 ~ c*f1", "ac := c*b + a", sep = "\n")
run <- function(model, data, estimator, ...) {
  args <- list(...)
  base <- c(list(model = model, data = data, ordered = intersect(c(u, paste0("b", 1:5)), names(data)),
              estimator = estimator), args)
  plain <- suppressWarnings(do.call("sem", base))
  exact <- c(base, list(control = list(rel.tol = 1e-15, x.tol = 1e-12, abs.tol = 0)))
  fit <- if (is.null(args$group)) suppressWarnings(tryCatch(do.call("sem", exact), error = function(e) NULL))
  if (is.null(fit) || !lavInspect(fit, "converged") || max(abs(coef(fit) - coef(plain))) > 1e-3) fit <- plain
  cat(estimator, fit@Options$optim.method, max(abs(coef(fit) - coef(plain))), "\n")
  p <- parameterEstimates(fit, remove.nonfree = FALSE)
  p <- p[, intersect(c("lhs", "op", "rhs", "group", "est", "se"), names(p))]
  m <- suppressWarnings(fitMeasures(fit))
  s <- standardizedSolution(fit)
  list(model = model, data = if (anyNA(data)) "ordinal_missing.csv" else "ordinal.csv",
       estimator = estimator, options = args, parameters = p, std_all = s$est.std, std_all_se = s$se,
       fit_measures = as.list(unclass(m)))
}
out <- list()
for (e in c("WLSMV", "WLSM", "WLSMVS", "ULSMV", "WLS")) out[[paste0("two_", e)]] <- run(two, full, e)
for (e in c("DWLS", "ULS")) out[[paste0("two_", e)]] <- run(two, full, e, se = "standard")
for (e in c("WLSMV", "ULSMV")) out[[paste0("two_theta_", e)]] <- run(two, full, e, parameterization = "theta")
out$two_std_lv <- run(two, full, "WLSMV", std.lv = TRUE)
labelled <- "f1 =~ u1 + k*u2 + k*u3 + u4
f2 =~ u5 + m*u6 + u7 + u8"
out$two_constraint <- run(paste(labelled, "m == 1.1*k", "u1 ~~ u2", sep = "\n"), full, "WLSMV")
out$mixed_delta <- run(mixed, full, "WLSMV")
out$mixed_theta <- run(mixed, full, "WLSMV", parameterization = "theta")
out$mixed_WLS <- run(mixed, full, "WLS")
out$pairwise <- run(two, gaps, "WLSMV", missing = "pairwise")
out$listwise <- run(two, gaps, "WLSMV")
out$mixed_pairwise <- run(paste(two, "f2 ~ f1 + y1", "y1 ~ f1", sep = "\n"), gaps, "WLSMV", missing = "pairwise")
for (par in c("delta", "theta")) {
  g <- function(...) run(two, full, "WLSMV", group = "region", parameterization = par, ...)
  out[[paste0("groups_configural_", par)]] <- g()
  out[[paste0("groups_thresholds_", par)]] <- g(group.equal = "thresholds")
  out[[paste0("groups_loadings_", par)]] <- g(group.equal = c("thresholds", "loadings"))
  out[[paste0("groups_means_", par)]] <- g(group.equal = c("thresholds", "loadings", "means", "lv.variances"))
}
out$groups_equal_loadings <- run(two, full, "WLSMV", group = "region", group.equal = "loadings")
out$groups_partial <- run(two, full, "WLSMV", group = "region", group.equal = c("thresholds", "loadings"),
                          group.partial = c("u4|t2", "f1=~u3"))
out$groups_mixed <- run(mixed, full, "WLSMV", group = "region",
                        group.equal = c("thresholds", "loadings", "intercepts"))
out$groups_WLSM <- run(two, full, "WLSM", group = "region", group.equal = c("thresholds", "loadings"))
out$groups_ULSMV <- run(two, full, "ULSMV", group = "region", group.equal = c("thresholds", "loadings"))
mimic <- "f1 =~ u1 + u2 + u3 + u4
f2 =~ u5 + u6 + y1 + y2
f1 ~ x1 + x2
f2 ~ f1 + x2
u3 ~ x1"
for (par in c("delta", "theta")) out[[paste0("covariates_", par)]] <- run(mimic, full, "WLSMV", parameterization = par)
out$covariates_pairwise <- run(sub("y2", "u7", mimic), gaps, "WLSMV", missing = "pairwise")
out$covariates_WLS <- run(mimic, full, "WLS")
out$covariates_groups <- run(mimic, full, "WLSMV", group = "region", group.equal = c("loadings", "thresholds", "intercepts"))
out$mediator_theta <- run("f1 =~ u1 + u2 + u3\nu5 ~ f1\nu6 ~ u5 + f1", full, "WLSMV", parameterization = "theta")
out$probit <- run("u4 ~ x1 + x2\nu1 ~ x1", full, "WLSMV")
out$path_theta <- run("u4 ~ x1 + x2\ny1 ~ u4 + x2\nu1 ~ y1 + x1", full, "WLSMV", parameterization = "theta")
out$longitudinal <- run("f1 =~ a*u3 + u1 + u2\nf2 =~ a*u6 + u7 + u8\nu3 | t1*t1 + t2*t2 + t3*t3
u6 | t1*t1 + t2*t2 + t3*t3\nu6 ~*~ NA*u6\nf2 ~ NA*1\nu3 ~~ u6", full, "WLSMV")
out$second_order <- run("a =~ u1 + u2 + u3\nb =~ u4 + u5 + u6\nc =~ u7 + u8 + y1\ng =~ a + b + c", full, "WLSMV")
out$bifactor <- run("g =~ u1 + u2 + u3 + u4 + u5 + u6 + u7 + u8\ns =~ u1 + u2 + u3 + u4", full, "WLSMV",
                    orthogonal = TRUE, std.lv = TRUE)
out$groups_std_lv <- run(two, full, "WLSMV", group = "region", std.lv = TRUE,
                         group.equal = c("loadings", "thresholds", "lv.variances"))
out$groups_residuals <- run(two, full, "WLSMV", group = "region", parameterization = "theta",
                            group.equal = c("loadings", "thresholds", "residuals"))
out$fixed_threshold <- run("f =~ NA*u2 + u3 + u4 + u5\nf ~~ 1*f\nu2 | 0*t1\nu2 ~ NA*1", full, "WLSMV")
out$binary <- run("f =~ b1 + b2 + b3 + b4 + b5", transform(full, b1 = u1, b2 = 1 + (u3 > 2), b3 = 1 + (u4 > 2),
                  b4 = 1 + (u5 > 3), b5 = u8)[, c(paste0("b", 1:5), "y1")], "WLSMV")
writeLines(toJSON(out, digits = 12, na = "null", auto_unbox = TRUE), "fits.json")
