/** Tests of the local APIC against the sections of the SDM, volume 3A, chapter 12. */
@NullMarked
package dev.backplane.x86.apic;

import org.jspecify.annotations.NullMarked;
