# Simulated informants in units, with factors at both levels; run in this folder, writes twolevel.csv.
set.seed(20240705)
sizes <- rep(c(2, 3, 4, 5, 7, 9), times = c(20, 35, 30, 20, 10, 5))
units <- length(sizes)
unit <- rep(seq_len(units), sizes)
n <- length(unit)
w1 <- rnorm(units); w2 <- rnorm(units)
group <- rep(c("a", "b"), length.out = units)
fb <- 0.5 * w1 + 0.2 * w2 + rnorm(units, sd = 0.7)
gb <- 0.5 * fb + rnorm(units, sd = 0.5)
x1 <- rnorm(n); x2 <- rnorm(n) + 0.3 * x1
fw <- 0.4 * x1 - 0.2 * x2 + rnorm(n)
gw <- 0.4 * fw + rt(n, 6) * 0.8
within <- cbind(outer(fw, c(1, 0.8, 0.9)), outer(gw, c(1, 1.1, 0.7))) + matrix(rt(n * 6, 7) * 0.7, n)
between <- cbind(outer(fb, c(1, 0.9, 0.8)), outer(gb, c(1, 1, 0.8))) + matrix(rnorm(units * 6, sd = 0.35), units)
y <- within + between[unit, ] + rep(c(3, 2.5, 4, 3.2, 1, 0), each = n)
colnames(y) <- paste0("y", 1:6)
z <- 0.6 * fb + rnorm(units, sd = 0.6)            # an outcome of the unit
v <- 0.5 * fw + rnorm(n, sd = 0.8)                # an outcome of the informant, without between part
v <- v - ave(v, unit)
d <- data.frame(unit = unit, group = group[unit], round(cbind(y, x1, x2, v), 4),
  round(cbind(w1, w2, z)[unit, ], 4))
d <- d[sample(n), ]
write.csv(d, "twolevel.csv", row.names = FALSE)
