@NullMarked
package dev.backplane.x86.internal.softfloat;

import org.jspecify.annotations.NullMarked;
