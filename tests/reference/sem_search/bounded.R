# lavaan 0.7-2's χ² of the bounded models of bounded.json: rows of single digits, items of psych::bfi.
suppressMessages({library(lavaan); library(jsonlite)})
cases <- fromJSON("bounded.json", simplifyVector = FALSE)
for (i in seq_along(cases)) {
  case <- cases[[i]]
  cells <- do.call(rbind, strsplit(unlist(case$rows), ""))
  data <- setNames(as.data.frame(apply(cells, 2, as.integer)), unlist(case$columns))
  fit <- suppressWarnings(sem(case$model, data, bounds = case$bounds, se = "none"))
  cases[[i]]$chisq <- as.numeric(fit@test[[1]]$stat)
}
write(toJSON(cases, auto_unbox = TRUE, digits = NA), "bounded.json")
