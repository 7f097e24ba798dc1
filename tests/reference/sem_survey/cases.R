# Clusters of ordered data and sampling weights by lavaan 0.7-2: Rscript cases.R (in this folder) writes cases.json.
suppressMessages({library(lavaan); library(jsonlite)})
design <- function(d) {
  i <- seq_len(nrow(d))
  transform(d, w = 0.4 + ((i * 37) %% 23) / 15, cl = i %/% 5 + 1000 * (d$region == d$region[1]))
}
data <- list(ordinal = read.csv("../sem_ordinal/ordinal.csv"), gaps = read.csv("../sem_ordinal/ordinal_missing.csv"),
             full = read.csv("../sem_extras/simulated.csv"), holes = read.csv("../sem_extras/incomplete.csv"))
data <- lapply(data, design)
data$gaps <- data$gaps[-(1:2), ]  # the first two cases have no answers
# Normalisation counts the weights of cases without any value in, which makes chi-square differ from 2 (l1 - l0).
data$holes <- data$holes[rowSums(!is.na(data$holes[c(paste0("a", 1:4), paste0("b", 1:3))])) > 0, ]
two <- "f1 =~ u1 + u2 + u3 + u4
f2 =~ u5 + u6 + u7"
mixed <- "f1 =~ u1 + u2 + u3 + u4
f3 =~ y1 + y2 + y3
f3 ~ f1"
given <- paste(mixed, "f1 ~ x1 + x2", sep = "\n")
cfa2 <- "A =~ a1 + a2 + a3 + a4
B =~ b1 + b2 + b3"
path <- paste(cfa2, "B ~ A + x1 + x2", sep = "\n")
keep <- c("npar", "chisq", "df", "pvalue", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor",
          "baseline.chisq", "baseline.chisq.scaled", "baseline.chisq.scaling.factor", "cfi", "tli", "cfi.scaled",
          "cfi.robust", "rmsea", "rmsea.scaled", "rmsea.robust", "srmr", "rmr", "crmr", "gfi", "mfi", "ecvi", "wrmr",
          "logl", "unrestricted.logl", "scaling.factor.h0", "scaling.factor.h1", "aic", "bic", "bic2", "ntotal")
out <- list()
run <- function(case., model., data., estimator., ...) {
  args <- list(...)
  base <- c(list(model = model., data = data[[data.]], estimator = estimator.), args)
  if (data. %in% c("ordinal", "gaps")) base$ordered <- intersect(paste0("u", 1:8), all.vars(parse(text = gsub("=~|~", "+", model.))))
  if (data. == "holes") base$em.h1.args <- list(tol = 1e-11, max_iter = 5000L)
  fit <- suppressWarnings(do.call("sem", base))
  p <- parameterEstimates(fit, remove.nonfree = FALSE)
  p <- p[, intersect(c("lhs", "op", "rhs", "group", "est", "se"), names(p))]
  m <- suppressWarnings(fitMeasures(fit))
  z <- tryCatch(suppressWarnings(lavResiduals(fit)), error = function(e) NULL)
  if (!is.null(z) && !is.null(z$cov.z)) z <- list(z)
  z <- unname(lapply(z[sapply(z, is.list)], function(b) as.numeric(unclass(b$cov.z)[2:4, 1])))
  z <- if (length(z) && !anyNA(unlist(z))) z
  mi <- suppressWarnings(tryCatch(modindices(fit, sort. = TRUE, maximum.number = 3), error = function(e) NULL))
  if (!is.null(mi)) mi <- mi[, intersect(c("lhs", "op", "rhs", "group", "mi", "epc"), names(mi))]
  out[[case.]] <<- list(model = model., data = data., estimator = estimator., options = args, parameters = p,
                       std_all = standardizedSolution(fit)$est.std, z = z, mi = mi,
                       fit_measures = as.list(unclass(m[intersect(keep, names(m))])))
  cat(case., round(m[["chisq"]], 4), "\n")
}
cl <- "cl"; w <- "w"
for (e in c("WLSMV", "DWLS", "ULSMV", "WLSMVS")) run(paste0("clusters_", e), two, "ordinal", e, cluster = cl)
run("clusters_mixed", mixed, "ordinal", "WLSMV", cluster = cl)
run("clusters_given", given, "ordinal", "WLSMV", cluster = cl)
run("clusters_groups", two, "ordinal", "WLSMV", cluster = cl, group = "region", group.equal = c("thresholds", "loadings"))
for (e in c("WLSMV", "DWLS", "ULSMV", "WLS")) run(paste0("weights_", e), two, "ordinal", e, sampling.weights = w)
run("weights_mixed", mixed, "ordinal", "WLSMV", sampling.weights = w)
run("weights_given", given, "ordinal", "WLSMV", sampling.weights = w)
run("weights_gaps", two, "gaps", "WLSMV", sampling.weights = w, missing = "pairwise")
run("weights_groups", two, "ordinal", "WLSMV", sampling.weights = w, group = "region", group.equal = c("thresholds", "loadings"),
    sampling.weights.normalization = "total")
run("both_WLSMV", two, "ordinal", "WLSMV", sampling.weights = w, cluster = cl)
run("both_given", given, "ordinal", "WLSMV", sampling.weights = w, cluster = cl)
for (e in c("ML", "MLR", "MLM", "MLMV", "MLF", "ULS", "ULSMV", "WLS")) run(paste0("cfa_", e), cfa2, "full", e, sampling.weights = w)
for (e in c("MLR", "MLM", "WLS")) run(paste0("path_", e), path, "full", e, sampling.weights = w)
run("cfa_GLS", cfa2, "full", "GLS", sampling.weights = w, test = "standard")
run("cfa_standard", cfa2, "full", "ML", sampling.weights = w, se = "standard", test = "standard")
for (n in c("group", "total", "none")) run(paste0("groups_", n), cfa2, "full", "MLR", sampling.weights = w, group = "region",
    group.equal = c("loadings", "intercepts"), sampling.weights.normalization = n)
run("both_MLR", cfa2, "full", "MLR", sampling.weights = w, cluster = "unit")
run("fiml_MLR", cfa2, "holes", "MLR", sampling.weights = w, missing = "ml")
run("fiml_ML", cfa2, "holes", "ML", sampling.weights = w, missing = "ml")
run("fiml_path", path, "holes", "MLR", sampling.weights = w, missing = "ml", fixed.x = FALSE)
run("fiml_groups", cfa2, "holes", "MLR", sampling.weights = w, missing = "ml", group = "region")
run("fiml_both", cfa2, "holes", "MLR", sampling.weights = w, missing = "ml", cluster = "unit")
write(toJSON(out, auto_unbox = TRUE, digits = 10, na = "null", null = "null"), "cases.json")
