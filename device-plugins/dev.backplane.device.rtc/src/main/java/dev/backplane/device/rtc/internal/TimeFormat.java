package dev.backplane.device.rtc.internal;

import static dev.backplane.device.rtc.internal.Registers.*;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * How register B says that time is written: in BCD or binary, hours to 12 or to 24. Seconds are those since 1970 in the
 * clock's own time, whatever zone its owner keeps.
 */
record TimeFormat(boolean binary, boolean hours24) {
    static final int ANY = -1;

    private static final int AFTERNOON = 0x80;
    private static final int DONT_CARE = 0xc0;

    static TimeFormat of(int registerB) {
        return new TimeFormat((registerB & B_BINARY) != 0, (registerB & B_24_HOURS) != 0);
    }

    /** What a time register shows at a moment. */
    int read(int register, long second) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC);
        return switch (register) {
            case SECONDS -> encode(time.getSecond());
            case MINUTES -> encode(time.getMinute());
            case HOURS -> encodeHour(time.getHour());
            case DAY_OF_WEEK -> encode(time.getDayOfWeek().getValue() % 7 + 1);
            case DAY_OF_MONTH -> encode(time.getDayOfMonth());
            case MONTH -> encode(time.getMonthValue());
            case YEAR -> encode(Math.floorMod(time.getYear(), 100));
            case CENTURY -> encode(Math.floorDiv(time.getYear(), 100));
            default -> throw new IllegalArgumentException("register " + register + " is no time");
        };
    }

    /** The moment that the registers show. What no calendar has is carried over: second 75 is the next minute's 15. */
    long second(byte[] registers) {
        int year = decode(registers[CENTURY]) * 100 + decode(registers[YEAR]);
        return LocalDate.of(year, 1, 1)
                .plusMonths(decode(registers[MONTH]) - 1L)
                .plusDays(decode(registers[DAY_OF_MONTH]) - 1L)
                .atStartOfDay()
                .plusHours(decodeHour(registers[HOURS]))
                .plusMinutes(decode(registers[MINUTES]))
                .plusSeconds(decode(registers[SECONDS]))
                .toEpochSecond(ZoneOffset.UTC);
    }

    /** A seconds or minutes alarm, or {@link #ANY}. */
    int alarm(byte value) {
        return dontCare(value) ? ANY : decode(value);
    }

    /** The hours alarm, 0 to 23, or {@link #ANY}. */
    int hourAlarm(byte value) {
        return dontCare(value) ? ANY : decodeHour(value);
    }

    private static boolean dontCare(byte value) {
        return (value & DONT_CARE) == DONT_CARE;
    }

    private int encode(int value) {
        return (binary ? value : value / 10 << 4 | value % 10) & 0xff;
    }

    private int decode(int value) {
        int raw = value & 0xff;
        return binary ? raw : (raw >> 4) * 10 + (raw & 0x0f);
    }

    private int encodeHour(int hour) {
        if (hours24) {
            return encode(hour);
        }
        int hour12 = hour % 12 == 0 ? 12 : hour % 12;
        return encode(hour12) | (hour >= 12 ? AFTERNOON : 0);
    }

    private int decodeHour(int value) {
        if (hours24) {
            return decode(value);
        }
        return decode(value & ~AFTERNOON) % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }
}
