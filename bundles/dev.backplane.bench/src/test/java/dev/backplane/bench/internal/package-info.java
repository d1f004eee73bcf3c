/** Tests of the benchmarks. */
@NullMarked
package dev.backplane.bench.internal;

import org.jspecify.annotations.NullMarked;
