# lavaan 0.6-14's verdict on models written by `python -m benchmarks.search_stress bfi.csv FROM:TO SERIES jobs.json`:
# Rscript bfi_verdicts.R jobs.json bfi.csv verdicts.json
suppressMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(TRUE)
jobs <- fromJSON(args[1], simplifyVector = FALSE)
bfi <- read.csv(args[2], row.names = 1)
limits <- c(fiml = 8, ordinal = 8, group = 5)
lines <- character(0)
for (job in jobs) {
  data <- bfi[unlist(job$rows), ]
  options <- switch(job$kind, fiml = list(missing = "ml"), ordinal = list(ordered = TRUE),
                    gls = list(estimator = "GLS"), uls = list(estimator = "ULS"), list())
  if (job$kind == "group") {
    data$g <- unlist(job$groups)
    options <- list(group = "g")
    if (length(job$equal)) options$group.equal <- unlist(job$equal)
  }
  limit <- if (job$kind %in% names(limits)) limits[[job$kind]] else 3
  lines <- c(lines, tryCatch({
    setTimeLimit(cpu = limit, transient = TRUE)
    fit <- suppressWarnings(do.call("sem", c(list(job$model, data, std.lv = job$std_lv, se = "none"), options)))
    setTimeLimit()
    stat <- as.numeric(fit@test[[1]]$stat)
    if (lavInspect(fit, "converged") && is.finite(stat)) sprintf("[true, %s]", round(stat, 6)) else "[false, null]"
  }, error = function(e) {
    setTimeLimit()
    "[false, null]"
  }))
  writeLines(c("[", paste(lines, collapse = ",\n"), "]"), args[3])
}
