# Ordered variables that predict others, growth, and equality in mixed data by lavaan 0.7-2:
# Rscript predictors.R (in this folder) writes predictors.json.
suppressMessages({library(lavaan); library(jsonlite)})
full <- read.csv("ordinal.csv")
u <- paste0("u", 1:8)
steps <- paste0("u", c(3, 5, 6, 7))
small <- full
for (name in steps) small[[name]] <- pmin(pmax(small[[name]], 1), 3)
chain <- "u3 ~ x1
u4 ~ a*u3 + x2
u5 ~ b*u4 + u3 + x1
ind := a*b"
single <- "u3 ~ x1
u4 ~ a*u3 + x1 + x2"
mediator <- "f =~ u1 + u2 + u3
u4 ~ f + x1
u5 ~ u4 + f
y1 ~ u5 + u4"
thresholds <- paste0(steps, " | a*t1 + b*t2", collapse = "\n")
growth <- paste("i =~ 1*u3 + 1*u5 + 1*u6 + 1*u7", "s =~ 0*u3 + 1*u5 + 2*u6 + 3*u7", thresholds,
                "u3 ~*~ 1*u3", "u5 ~*~ NA*u5", "u6 ~*~ NA*u6", "u7 ~*~ NA*u7", "i ~ 0*1", "s ~ 1", sep = "\n")
mixed <- "f =~ u3 + u4 + y1\ng =~ u5 + u6 + y2"
cases <- list(
  # lavaan's delta leaves the total variance of an ordered variable behind an ordered mediator off 1/delta^2,
  # and does not converge for most such models: one ordered predictor only
  single_delta = list(single, "full", list()),
  chain_theta = list(chain, "full", list(parameterization = "theta")),
  mediator_theta = list(mediator, "full", list(parameterization = "theta")),
  growth = list(growth, "small", list(model.type = "growth")),
  mixed_thresholds = list(mixed, "small", list(group = "region", group.equal = c("loadings", "thresholds")))
)
out <- lapply(cases, function(case) {
  options <- case[[3]]
  f <- if (is.null(options$model.type)) "sem" else "growth"
  options$model.type <- NULL
  data <- if (case[[2]] == "full") full else small
  words <- c(list(case[[1]], data = data, ordered = u, estimator = "WLSMV"), options)
  tight <- c(words, list(control = list(rel.tol = 1e-14, x.tol = 1e-11)))
  fit <- suppressWarnings(do.call(f, tight))
  if (!lavInspect(fit, "converged")) fit <- suppressWarnings(do.call(f, words))
  if (!lavInspect(fit, "converged")) stop(paste("no convergence:", case[[1]]))
  p <- parameterEstimates(fit, remove.nonfree = FALSE)
  s <- standardizedSolution(fit)
  measures <- fitMeasures(fit)
  list(model = case[[1]], data = case[[2]], options = case[[3]],
       parameters = p[, intersect(c("lhs", "op", "rhs", "group", "est", "se"), names(p))],
       standardized = s[, intersect(c("lhs", "op", "rhs", "group", "est.std", "se"), names(s))],
       modification = if (f == "sem") as.data.frame(unclass(modindices(fit)))[, c("lhs", "op", "rhs", "mi", "epc")],
       fit_measures = as.list(unclass(measures)[!is.na(measures)]))
})
write_json(out, "predictors.json", auto_unbox = TRUE, digits = NA, na = "null", null = "null", dataframe = "rows")
