package dev.backplane.device.rtc.internal;

/**
 * A time of day at which the alarm goes off, each field of which may be {@link TimeFormat#ANY}. A field that no time has
 * never matches.
 */
record AlarmTime(int hour, int minute, int second) {
    static final long NEVER = Long.MAX_VALUE;

    private static final int DAY = 24 * 60 * 60;
    private static final int HOUR = 60 * 60;
    private static final int MINUTE = 60;

    static AlarmTime of(byte[] registers, TimeFormat format) {
        return new AlarmTime(
                format.hourAlarm(registers[Registers.HOURS_ALARM]),
                format.alarm(registers[Registers.MINUTES_ALARM]),
                format.alarm(registers[Registers.SECONDS_ALARM]));
    }

    /** The first second after this one that matches, or {@link #NEVER}. Skips whole hours and minutes that do not. */
    long nextAfter(long after) {
        if (hour >= 24 || minute >= 60 || second >= 60) {
            return NEVER;
        }
        long candidate = after + 1;
        while (true) {
            int time = (int) Math.floorMod(candidate, (long) DAY);
            if (differs(hour, time / HOUR)) {
                candidate += HOUR - time % HOUR;
            } else if (differs(minute, time / MINUTE % 60)) {
                candidate += MINUTE - time % MINUTE;
            } else if (differs(second, time % MINUTE)) {
                candidate++;
            } else {
                return candidate;
            }
        }
    }

    private static boolean differs(int wanted, int actual) {
        return wanted != TimeFormat.ANY && wanted != actual;
    }
}
