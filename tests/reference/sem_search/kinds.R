# lavaan 0.6-14's χ² of the models of kinds.json: incomplete, ordered and two-group data and GLS. Cases are rows of
# single digits (a dot is missing); items of psych::bfi.
suppressMessages({library(lavaan); library(jsonlite)})
cases <- fromJSON("kinds.json", simplifyVector = FALSE)
for (i in seq_along(cases)) {
  case <- cases[[i]]
  cells <- do.call(rbind, strsplit(unlist(case$rows), ""))
  cells[cells == "."] <- NA
  data <- setNames(as.data.frame(apply(cells, 2, as.integer)), unlist(case$columns))
  options <- switch(case$kind, fiml = list(missing = "ml"), ordinal = list(ordered = TRUE), gls = list(estimator = "GLS"), list())
  if (case$kind == "group") {
    data$g <- strsplit(case$group, "")[[1]]
    options <- list(group = "g", group.label = unique(data$g), group.equal = unlist(case$group_equal))
    if (!length(case$group_equal)) options$group.equal <- NULL
  }
  fit <- suppressWarnings(do.call("sem", c(list(case$model, data, std.lv = case$std_lv, se = "none"), options)))
  cases[[i]]$chisq <- as.numeric(fit@test[[1]]$stat)
}
write(toJSON(cases, auto_unbox = TRUE, digits = NA), "kinds.json")
