@NullMarked
package dev.backplane.x86.decode;

import org.jspecify.annotations.NullMarked;
