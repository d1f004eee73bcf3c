package dev.backplane.launcher;

/** Entry point of the process. */
public final class Main {
    /** What is wrong is the installation, not the user's command ({@code EX_SOFTWARE} of sysexits.h). */
    static final int BROKEN_INSTALLATION = 70;

    private Main() {}

    /**
     * Runs one command and ends the process with its status.
     *
     * @param arguments the command line, passed on as it is; {@code --debug} is read here too
     */
    public static void main(String[] arguments) {
        var debug = isDebug(arguments);
        Logging.configure(debug);
        System.exit(run(arguments, debug));
    }

    @SuppressWarnings("CallToPrintStackTrace")
    private static int run(String[] arguments, boolean debug) {
        try {
            return new Launcher(Installation.locate()).run(arguments);
        } catch (LaunchException e) {
            System.err.println("backplane: " + e.getMessage());
            if (debug) {
                e.printStackTrace();
            }
            return BROKEN_INSTALLATION;
        }
    }

    private static boolean isDebug(String[] arguments) {
        for (var argument : arguments) {
            if (argument.equals("--")) {
                return false;
            }
            if (argument.equals("--debug")) {
                return true;
            }
        }
        return false;
    }
}
