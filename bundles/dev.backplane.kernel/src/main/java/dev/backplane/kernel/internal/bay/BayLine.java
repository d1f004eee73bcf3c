package dev.backplane.kernel.internal.bay;

import dev.backplane.api.device.InterruptLine;

/** An interrupt line of a bay: keeps its level while parts come and go. */
final class BayLine implements InterruptLine {
    private final InterruptLine board;
    private volatile boolean up;

    BayLine(InterruptLine board) {
        this.board = board;
    }

    @Override
    public void set(boolean level) {
        up = level;
        board.set(level);
    }

    boolean isUp() {
        return up;
    }

    /** One part's hold on the line. */
    static final class Held implements InterruptLine {
        private final Bay bay;
        private final Lifeline lifeline;
        private final BayLine line;

        Held(Bay bay, Lifeline lifeline, BayLine line) {
            this.bay = bay;
            this.lifeline = lifeline;
            this.line = line;
        }

        @Override
        public void set(boolean up) {
            if (lifeline.acts()) {
                bay.surroundings().admit(bay.id(), "sets an interrupt line");
                line.set(up);
            }
        }
    }
}
