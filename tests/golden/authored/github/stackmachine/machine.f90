! A stack machine with room for a hundred numbers.
program machine
  implicit none
  integer, parameter :: capacity = 100
  integer :: stack(capacity), depth, number, status
  character(len=32) :: word

  depth = 0
  do
    read (*, *, iostat=status) word
    if (status /= 0) exit
    select case (trim(word))
    case ('plus')
      call need(2)
      stack(depth - 1) = stack(depth - 1) + stack(depth)
      depth = depth - 1
    case ('times')
      call need(2)
      stack(depth - 1) = stack(depth - 1) * stack(depth)
      depth = depth - 1
    case ('print')
      call need(1)
      print *, stack(depth)
      depth = depth - 1
    case default
      read (word, *, iostat=status) number
      if (status /= 0) stop 'unknown word'
      if (depth == capacity) stop 'the stack is full'
      depth = depth + 1
      stack(depth) = number
    end select
  end do

contains

  subroutine need(count)
    integer, intent(in) :: count
    if (depth < count) stop 'the stack is empty'
  end subroutine need
end program machine
