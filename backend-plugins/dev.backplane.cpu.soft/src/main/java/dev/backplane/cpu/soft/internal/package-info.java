/** x86-64 interpreter in Java (soft). */
@NullMarked
package dev.backplane.cpu.soft.internal;

import org.jspecify.annotations.NullMarked;
