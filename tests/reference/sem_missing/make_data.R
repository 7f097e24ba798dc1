# Simulated data with values missing at random; run in this folder, writes incomplete.csv.
set.seed(20240611)
n <- 240
group <- rep(c("north", "south"), c(130, 110))
cluster <- c(rep(1:26, each = 5), 26 + rep(1:22, each = 5))
z <- rnorm(n)                                   # a covariate, complete
u <- rnorm(48, sd = 0.35)[cluster]              # what members of a cluster share
eta1 <- 0.5 * z + u + sqrt(0.7) * rnorm(n)
eta2 <- 0.6 * eta1 + 0.2 * (group == "south") + 0.8 * rnorm(n)
eta3 <- 0.4 * eta1 + 0.3 * eta2 + 0.8 * rt(n, 6)
load <- c(1, 0.8, 1.2)
y <- cbind(outer(eta1, load), outer(eta2, load), outer(eta3, load))
y <- y + matrix(rt(n * 9, 5), n) * 0.6 + rep(seq(1, 5, length.out = 9), each = n)
colnames(y) <- paste0("y", 1:9)
d <- data.frame(group = group, cluster = cluster, z = z, y)
# y1 complete; y4-y6 missing depending on z and y1 (at random); the rest completely at random
for (j in 5:9 + 0) d[[paste0("y", j)]][runif(n) < plogis(-2.2 + 0.8 * z + 0.3 * (d$y1 - 1))] <- NA
for (j in c(2, 3, 4)) d[[paste0("y", j)]][runif(n) < 0.12] <- NA
d[17, paste0("y", 1:9)] <- NA                   # a case without any answer
d[203, paste0("y", c(1, 2, 3, 5, 6, 7, 8, 9))] <- NA  # a pattern of one value
d$y4[203] <- 3.1
d$zm <- d$z
d$zm[runif(n) < 0.1] <- NA                      # the covariate with holes
d[, -(1:2)] <- round(d[, -(1:2)], 4)
write.csv(d, "incomplete.csv", row.names = FALSE)
