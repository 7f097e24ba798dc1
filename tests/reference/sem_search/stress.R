# lavaan 0.6-14's verdict on the 60 random models of stress.json (Holzinger & Swineford, rows as listed), without bounds
# and with variances not below zero ("bounded": null where it does not converge or gives no statistic).
suppressMessages({library(lavaan); library(jsonlite)})
cases <- fromJSON("stress.json", simplifyVector = FALSE)
for (i in seq_along(cases)) {
  case <- cases[[i]]
  data <- HolzingerSwineford1939[unlist(case$rows), ]
  fit <- suppressWarnings(sem(case$model, data, std.lv = case$std_lv, se = "none"))
  cases[[i]]$converged <- lavInspect(fit, "converged")
  cases[[i]]$chisq <- if (lavInspect(fit, "converged")) fitMeasures(fit, "chisq")[[1]] else NA
  fit <- suppressWarnings(sem(case$model, data, std.lv = case$std_lv, se = "none", bounds = "pos.var"))
  cases[[i]]$bounded <- if (lavInspect(fit, "converged")) as.numeric(fit@test[[1]]$stat) else NA
}
write(toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null"), "stress.json")
