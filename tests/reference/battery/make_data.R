# Data for the tests of rival models, validity, invariance, method variance and missing values.
# Run in this folder: Rscript make_data.R
set.seed(20260401)
firms <- 60; per <- 7; n <- firms * per
firm <- rep(seq_len(firms), each = per)
group <- rep(rep(c("A", "B"), each = firms / 2), each = per)
u <- rnorm(firms)[firm] * 0.4
align <- 0.9 * rnorm(n) + u
dims <- sapply(c(.8, .75, .7, .85), function(g) g * align + sqrt(1 - g^2) * rnorm(n))
method <- rnorm(n)
loading <- c(.8, .75, .6, .7, .8, .65, .75, .7, .6, .8, .7, .65)
x <- sapply(1:12, function(j) {
  l <- loading[j]; a <- 0
  if (j == 5) l <- ifelse(group == "B", .45, l)     # planted: loading in B
  if (j == 2) a <- ifelse(group == "B", .60, 0)     # planted: intercept in B
  4 + a + l * dims[, ceiling(j / 3)] + .2 * method + sqrt(1 - .6^2) * rnorm(n)
})
colnames(x) <- paste0("x", 1:12)
y <- sapply(c(.7, .6), function(b) 4 + b * align + sqrt(1 - b^2) * rnorm(n)); colnames(y) <- c("y1", "y2")
liking <- rnorm(n)
k <- sapply(c(.8, .75, .7), function(l) 3 + l * liking + .3 * method + .6 * rnorm(n)); colnames(k) <- paste0("k", 1:3)
battery <- data.frame(firm, group, round(cbind(x, y, k), 3))
write.csv(battery, "battery.csv", row.names = FALSE, quote = FALSE)
holes <- as.matrix(battery[, -(1:2)])
# missing at random: later items are missing more often where y1 (always seen) is high
p <- plogis(-2.4 + 0.8 * (y[, 1] - 4))
for (j in colnames(x)[-c(1, 4)]) holes[runif(n) < p, j] <- NA
write.csv(data.frame(firm, group, holes), "battery_missing.csv", row.names = FALSE, quote = FALSE, na = "")
