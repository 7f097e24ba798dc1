# Two-level models with missing values by lavaan 0.7-2: Rscript missing.R (in this folder) writes missing.json.
suppressMessages({library(lavaan); library(jsonlite)})
d <- read.csv("twolevel.csv")
i <- seq_len(nrow(d))
for (k in 1:6) d[[paste0("y", k)]][(i * (5 + k)) %% 13 < 2] <- NA
d$z[d$unit %% 6 == 0] <- NA
path <- "level: 1\n fw =~ y1 + y2 + y3\n fw ~ x1\nlevel: 2\n fb =~ y1 + y2 + y3\n fb ~ w1\n z ~ fb\n"
free <- "level: 1\n y1 ~ y2 + v\n level: 2\n y1 ~ y2 + z\n"
out <- list()
run <- function(name, model, ...) {
  fit <- suppressWarnings(sem(model, d, cluster = "unit", missing = "ml", em.h1.args = list(tol = 1e-8, max_iter = 5000L), ...))
  p <- parameterEstimates(fit, remove.nonfree = FALSE)
  out[[name]] <<- list(model = model, options = list(...), parameters = p[, intersect(c("lhs", "op", "rhs", "block", "level", "est", "se"), names(p))],
                       fit_measures = as.list(unclass(suppressWarnings(fitMeasures(fit)))))
  cat(name, fitMeasures(fit, c("chisq", "df")), "\n")
}
run("free", free, fixed.x = FALSE)
run("path", path)
write(toJSON(out, auto_unbox = TRUE, digits = 10, na = "null", null = "null"), "missing.json")
