package dev.backplane.device.rtc.internal;

/** None: a PC has one real-time clock, at ports 0x70 and 0x71 and IRQ 8. */
public record RtcOptions() {}
