@NullMarked
package dev.backplane.x86.interp;

import org.jspecify.annotations.NullMarked;
