/** Days after the coupons' last day in which orders still count. */
export const daysAfterValidity = 7
