/**
 * What a kernel finds in memory and registers when it is entered: one {@link
 * dev.backplane.machine.pc.internal.boot.Loader Loader} for each boot protocol. Files are hostile: every field is bounded
 * before anything is allocated or written.
 */
@NullMarked
package dev.backplane.machine.pc.internal.boot;

import org.jspecify.annotations.NullMarked;
