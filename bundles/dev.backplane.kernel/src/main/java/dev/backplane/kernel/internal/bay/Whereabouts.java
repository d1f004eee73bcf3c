package dev.backplane.kernel.internal.bay;

import java.util.ArrayList;
import java.util.List;

/** Where a thread is that carries out a request, in a few words for people: what it waits for, and which code of the plugin does so. */
final class Whereabouts {
    private static final int MOST_FRAMES = 3;
    private static final String BELOW = HeldStorage.class.getName();
    private static final String KERNEL = BELOW.substring(0, BELOW.indexOf(".bay."));

    private Whereabouts() {}

    /** At this moment. Text alone: nothing of the plugin's is kept. */
    static String of(Thread thread) {
        return of(thread.getState(), thread.getStackTrace());
    }

    static String of(Thread.State state, StackTraceElement[] stack) {
        if (stack.length == 0) {
            return "its thread has just come back";
        }
        int call = 0;
        while (call < stack.length && !stack[call].getClassName().equals(BELOW)) {
            call++;
        }
        boolean below = call < stack.length;
        List<String> plugin = new ArrayList<>();
        for (int i = below ? call : 0; i < stack.length && plugin.size() < MOST_FRAMES; i++) {
            if (!isOurs(stack[i].getClassName())) {
                plugin.add(name(stack[i]) + ":" + stack[i].getLineNumber());
            }
        }
        String what = below
                ? "waits for the layer below"
                : state == Thread.State.BLOCKED ? "waits for a lock" : "in " + name(stack[0]);
        return plugin.isEmpty() ? what : what + ", at " + String.join(" < ", plugin);
    }

    private static boolean isOurs(String type) {
        return type.startsWith("java.")
                || type.startsWith("jdk.")
                || type.startsWith("sun.")
                || type.startsWith(KERNEL);
    }

    private static String name(StackTraceElement frame) {
        String type = frame.getClassName();
        return type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethodName();
    }
}
