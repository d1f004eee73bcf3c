/** The real-time clock. Sections are those of the MC146818A data sheet. */
@NullMarked
package dev.backplane.device.rtc.internal;

import org.jspecify.annotations.NullMarked;
