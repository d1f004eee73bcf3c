/** The types that the installed plugins offer: one table row per kind, chosen by type and version, never by ranking. */
@NullMarked
package dev.backplane.kernel.internal.catalogue;

import org.jspecify.annotations.NullMarked;
