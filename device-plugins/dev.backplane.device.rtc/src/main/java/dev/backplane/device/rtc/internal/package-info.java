/** MC146818 real-time clock and CMOS memory (rtc-cmos). */
@NullMarked
package dev.backplane.device.rtc.internal;

import org.jspecify.annotations.NullMarked;
