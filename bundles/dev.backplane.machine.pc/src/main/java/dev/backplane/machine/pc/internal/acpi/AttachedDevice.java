package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.machine.pc.internal.bus.MemoryMap;

/**
 * A device as the tables describe it.
 *
 * @param id the bay's identifier, for messages
 * @param shape what the guest sees of it
 */
public record AttachedDevice(String id, Shape shape) {
    boolean isOfClass(String prefix) {
        return shape.acpiId().filter(hid -> hid.startsWith(prefix)).isPresent();
    }

    boolean hasPorts() {
        return shape.windows().stream().anyMatch(window -> window.space() == Window.Space.PORT);
    }

    boolean hasMemory() {
        return shape.windows().stream().anyMatch(window -> window.space() == Window.Space.MEMORY);
    }

    /** Whether it answers in the legacy video window. */
    boolean isVideo() {
        return shape.windows().stream()
                .anyMatch(window -> window.space() == Window.Space.MEMORY
                        && window.base() < MemoryMap.VIDEO_END
                        && window.base() + window.length() > MemoryMap.VIDEO);
    }

    /** Its level-triggered ISA lines, as a mask. */
    int levelTriggeredLines() {
        int mask = 0;
        for (Interrupt interrupt : shape.interrupts()) {
            if (interrupt.trigger() == Trigger.LEVEL && interrupt.line() < 16) {
                mask |= 1 << interrupt.line();
            }
        }
        return mask;
    }
}
