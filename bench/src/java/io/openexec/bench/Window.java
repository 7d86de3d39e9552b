package io.openexec.bench;

/**
 * What was seen while one load was on one service.
 *
 * @param perSecond right answers a second, those in time
 * @param latencies of each answer, from the moment at which its request was to be sent
 * @param tally all answers, also those that came after the end
 */
record Window(double perSecond, Samples latencies, Tally tally) {}
