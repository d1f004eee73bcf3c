@NullMarked
package dev.backplane.x86.simd;

import org.jspecify.annotations.NullMarked;
