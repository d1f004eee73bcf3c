package dev.backplane.device.i8042.internal;

/** None: a PC has one keyboard controller, at ports 0x60 and 0x64. */
public record I8042Options() {}
