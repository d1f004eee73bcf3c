@NullMarked
package dev.backplane.x86.fpu;

import org.jspecify.annotations.NullMarked;
