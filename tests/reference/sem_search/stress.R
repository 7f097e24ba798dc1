# lavaan 0.6-14's verdict on the 60 random models of stress.json (Holzinger & Swineford, rows as listed).
suppressMessages({library(lavaan); library(jsonlite)})
cases <- fromJSON("stress.json", simplifyVector = FALSE)
for (i in seq_along(cases)) {
  case <- cases[[i]]
  data <- HolzingerSwineford1939[unlist(case$rows), ]
  fit <- suppressWarnings(sem(case$model, data, std.lv = case$std_lv, se = "none"))
  cases[[i]]$converged <- lavInspect(fit, "converged")
  cases[[i]]$chisq <- if (lavInspect(fit, "converged")) fitMeasures(fit, "chisq")[[1]] else NA
}
write(toJSON(cases, auto_unbox = TRUE, digits = NA, na = "null"), "stress.json")
