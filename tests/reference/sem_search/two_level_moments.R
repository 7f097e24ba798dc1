# Cluster means and pooled deviations of lavaan's Demo.twolevel (y1 to y6), all that the two-level likelihood knows of the
# data, with the log-likelihood at which lavaan 0.6-14 ends; run in this folder, writes two_level_moments.json.
suppressMessages({library(lavaan); library(jsonlite)})
items <- paste0("y", 1:6)
Y <- as.matrix(Demo.twolevel[items])
cluster <- Demo.twolevel$cluster
means <- rowsum(Y, cluster) / as.vector(table(cluster))
within <- Y - means[match(cluster, rownames(means)), ]
indicators <- paste(items, collapse = " + ")
model <- paste0("level: 1\nw =~ ", indicators, "\nlevel: 2\nb =~ ", indicators, "\n")
logl <- sapply(c(FALSE, TRUE), function(std) {
  as.numeric(logLik(suppressWarnings(cfa(model, Demo.twolevel, cluster = "cluster", std.lv = std, se = "none"))))
})
write(toJSON(list(model = model, sizes = as.vector(table(cluster)), means = round(unname(means), 5),
                  within = round(unname(crossprod(within)), 4), lavaan = logl),
             digits = NA, auto_unbox = TRUE), "two_level_moments.json")
